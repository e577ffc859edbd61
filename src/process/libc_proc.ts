/** Reads files below /proc and /sys, which Deno denies. */

import { openKernelFile } from "./libc_files.ts";
import type { LibcSymbols } from "./libc_symbols.ts";

/** Files of a process: proc(5). */
export type ProcessFile =
  | "stat"
  | "status"
  | "cmdline"
  | "limits"
  | "oom_score_adj"
  | "net/dev";

/** Where control groups are mounted, of whichever version. */
export const CGROUPS = "/sys/fs/cgroup";

const MOUNT_TABLE = "/proc/self/mountinfo";
const MEMORY = "/proc/meminfo";
// The kernel hands out a page at a time, whatever is asked for.
const READ_BYTES = 64 * 1024;
// A shared buffer, as reads are synchronous.
const buffer = new Uint8Array(READ_BYTES);
// A process may give itself any command line.
const MAX_BYTES = 4 * 1024 * 1024;

/** See `Libc.readMountTable()`. */
export function readMountTable(symbols: LibcSymbols): string | undefined {
  return readText(symbols, MOUNT_TABLE, Infinity);
}

/** See `Libc.readMemoryTable()`. */
export function readMemoryTable(symbols: LibcSymbols): string | undefined {
  return readText(symbols, MEMORY);
}

/** See `Libc.readProcessFile()`. */
export function readProcessFile(
  symbols: LibcSymbols,
  pid: number,
  file: ProcessFile,
): string | undefined {
  if (!Number.isSafeInteger(pid) || pid < 1) return undefined;
  return readText(symbols, `/proc/${pid}/${file}`);
}

/** See `Libc.readCgroupFile()`. */
export function readCgroupFile(
  symbols: LibcSymbols,
  path: string,
): string | undefined {
  const isBelow = path.startsWith(`${CGROUPS}/`) &&
    !/\0|\/\.{1,2}(\/|$)/.test(path);
  return isBelow ? readText(symbols, path) : undefined;
}

/** Reads up to about this number of bytes. */
function readText(
  symbols: LibcSymbols,
  path: string,
  maxBytes = MAX_BYTES,
): string | undefined {
  using file = openKernelFile(symbols, path);
  if (file === undefined) return undefined;
  const decoder = new TextDecoder();
  let text = "";
  for (let total = 0; total < maxBytes;) {
    const count = file.read(buffer);
    if (count < 0) return undefined;
    if (count === 0) break;
    total += count;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
  return text + decoder.decode();
}
