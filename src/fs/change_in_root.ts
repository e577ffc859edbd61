/** Changes text files of a container's root, while no process runs in it. */

import { Buffer } from "node:buffer";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { randomSuffix } from "./random_name.ts";
import { readLinesInRoot } from "./read_in_root.ts";
import { resolveInRoot } from "./resolve_in_root.ts";

const { O_APPEND, O_NOFOLLOW, O_RDWR } = constants;

/** Adds a line to a file of a root, if there is one. */
export function appendLineInRoot(
  root: string,
  path: string,
  line: string,
): void {
  const { path: file, status } = resolveInRoot(root, path);
  if (!status?.isFile) return;
  // Not appendFileSync(): Deno's creates files with mode 0666.
  const fd = openSync(file, O_RDWR | O_APPEND | O_NOFOLLOW);
  try {
    const last = Buffer.alloc(1);
    const isRead = readSync(fd, last, { position: status.size - 1 }) === 1;
    const isWhole = !isRead || last.toString() === "\n";
    writeSync(fd, isWhole ? `${line}\n` : `\n${line}\n`);
  } finally {
    closeSync(fd);
  }
}

/** Removes lines from a file of a root, and keeps its owner and mode. */
export async function removeLinesInRoot(
  root: string,
  path: string,
  isUnwanted: (line: string) => boolean,
): Promise<void> {
  const { path: file } = resolveInRoot(root, path);
  const { mode, uid, gid } = statSync(file);
  const temporary = `${file}.${randomSuffix()}`;
  const fd = openSync(temporary, "wx", 0o600);
  using undo = new DisposableStack();
  undo.defer(() => rmSync(temporary));
  try {
    for await (const line of readLinesInRoot(root, path)) {
      if (!isUnwanted(line)) writeSync(fd, `${line}\n`);
    }
  } finally {
    closeSync(fd);
  }
  chownSync(temporary, uid, gid);
  chmodSync(temporary, mode & 0o7777);
  renameSync(temporary, file);
  undo.move();
}
