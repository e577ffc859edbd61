/** The log file: readable only by its owner, and complete at any time. */

import { dirname } from "@std/path";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  writeSync,
} from "node:fs";
import { errnoOf, whyOf } from "../errors/why.ts";
import { findOtherWriter } from "../process/who_can_change.ts";

/** An open file; each line is written at once, so that no ending loses any. */
export interface LogFile extends Disposable {
  write(line: string): void;
}

/** See {@linkcode openLogFile}. */
export type OpenLogFile = (path: string) => LogFile;

// Refuses a pipe without a reader, and a symbolic link.
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT |
  constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Opens a file to append to; one that is made is 0600.
 *
 * @param path Absolute.
 * @throws {Error} If it cannot be written, or somebody else could put a link to
 *   another file there.
 */
export function openLogFile(path: string): LogFile {
  let fd: number;
  try {
    const stranger = findOtherWriterBefore(path);
    if (stranger !== undefined) throw new TypeError(stranger);
    fd = openSync(path, FLAGS, 0o600);
  } catch (error) {
    const why = errnoOf(error) === "ELOOP"
      ? "it is a symbolic link"
      : whyOf(error);
    throw refused(path, why);
  }
  const problem = findProblem(fd);
  if (problem === undefined) return wrap(fd);
  closeSync(fd);
  throw refused(path, problem);
}

function refused(path: string, why: string): Error {
  return new Error(
    `Cannot write log "${path}": ${why}; name another by --log-file`,
  );
}

/**
 * Who else could change where the path leads to. In the file's own folder others
 * may write, as in /tmp or some /var/log: what is found there is looked at.
 */
function findOtherWriterBefore(path: string): string | undefined {
  const folder = dirname(path);
  const { uid } = lstatSync(folder);
  return uid === 0 || uid === Deno.uid()
    ? findOtherWriter(dirname(folder))
    : findOtherWriter(folder);
}

function findProblem(fd: number): string | undefined {
  const found = fstatSync(fd);
  if (!found.isFile()) return "it is no regular file";
  if (found.uid !== Deno.uid()) return `it belongs to user ${found.uid}`;
  return found.nlink === 1 ? undefined : "it has another name, too";
}

function wrap(fd: number): LogFile {
  const encoder = new TextEncoder();
  return {
    write(line) {
      let bytes = encoder.encode(`${line}\n`);
      while (bytes.length > 0) bytes = bytes.subarray(writeSync(fd, bytes));
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
