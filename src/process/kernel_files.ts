/** Reads many kernel files, which Deno denies. */

import { type Abortable, sleep } from "../errors/abort.ts";
import { findProgram } from "./find_program.ts";
import type { Libc } from "./libc.ts";
import type { ProcessFile } from "./libc_proc.ts";
import { runCommand } from "./run_command.ts";

/** What reads them. */
export interface KernelFilesOptions extends Abortable {
  /** Without it, a program does: `grep`. */
  readonly libc: Libc | undefined;
}

// The time after which the event loop gets a turn.
const SLICE_MS = 5;
// The kernel's limit of arguments, minus a margin: MAX_ARG_STRLEN.
const MAX_ARGS_LENGTH = 100_000;
const PROCESS_FILE =
  /^\/proc\/([1-9]\d*)\/(limits|oom_score_adj|net\/dev|stat|status)$/;
const MEMORY = "/proc/meminfo";

/**
 * Reads small files: of control groups, of processes, and the table of memory.
 *
 * @param paths Absolute.
 * @returns Their texts by their paths; nothing for a file that is not there, that
 *   cannot be read, or that is empty.
 * @throws {CommandError} If there is neither libc nor `grep`.
 */
export async function readKernelFiles(
  paths: readonly string[],
  { libc, signal }: KernelFilesOptions,
): Promise<ReadonlyMap<string, string>> {
  if (libc === undefined) return await readByProgram(paths, { signal });
  const texts = new Map<string, string>();
  let pausedMs = performance.now();
  for (const path of paths) {
    if (performance.now() - pausedMs > SLICE_MS) {
      await sleep(0, { signal });
      pausedMs = performance.now();
    }
    const text = readFile(libc, path);
    if (text) texts.set(path, text);
  }
  return texts;
}

function readFile(libc: Libc, path: string): string | undefined {
  if (path === MEMORY) return libc.readMemoryTable();
  const [, pid, file] = PROCESS_FILE.exec(path) ?? [];
  return pid !== undefined && isProcessFile(file)
    ? libc.readProcessFile(Number(pid), file)
    : libc.readCgroupFile(path);
}

/** Whatever the pattern lets through. */
function isProcessFile(file: string | undefined): file is ProcessFile {
  return file !== undefined;
}

async function readByProgram(
  paths: readonly string[],
  options: Abortable,
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const part of partsOf(paths)) {
    // The name, a NUL, and a line: unambiguous in any output.
    const { stdout } = await runCommand(findProgram("grep"), [
      ...["--with-filename", "--null", "--no-messages", "--text", "--", ""],
      ...part,
    ], { ...options, okCodes: "any", group: "shared" });
    for (const line of stdout.split("\n")) {
      const end = line.indexOf("\0");
      if (end < 0) continue;
      const path = line.slice(0, end);
      texts.set(path, `${texts.get(path) ?? ""}${line.slice(end + 1)}\n`);
    }
  }
  return texts;
}

function partsOf(paths: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let length = MAX_ARGS_LENGTH;
  for (const path of paths) {
    length += path.length + 1;
    if (length > MAX_ARGS_LENGTH) {
      parts.push([]);
      length = path.length + 1;
    }
    parts.at(-1)?.push(path);
  }
  return parts;
}
