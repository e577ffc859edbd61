/** Measures trees of any size while other work goes on. */

import { join } from "@std/path";
import { type BigIntStats, lstatSync, readdirSync } from "node:fs";
import { type Abortable, sleep } from "../errors/abort.ts";
import { isErrno } from "./errno.ts";

/** What a tree takes of its file system. */
export interface TreeSize {
  /** Of its blocks. */
  readonly bytes: number;
  /** Files, directories, links and all else. */
  readonly inodes: number;
}

const BLOCK_BYTES = 512;
// What answers a call in a millisecond must not wait for longer.
const SLICE_MS = 5;

/**
 * Adds up a tree; files with several names count once. Follows no links; what
 * vanishes meanwhile counts nothing.
 */
export async function measureTree(
  root: string,
  { signal }: Abortable = {},
): Promise<TreeSize> {
  const seen = new Set<bigint>();
  const left = [root];
  let bytes = 0;
  let inodes = 0;
  let sliceEndMs = performance.now() + SLICE_MS;
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (performance.now() > sliceEndMs) {
      await sleep(0, { signal });
      sliceEndMs = performance.now() + SLICE_MS;
    }
    const status = statIfReachable(path);
    if (status === undefined || isKnown(status, seen)) continue;
    bytes += Number(status.blocks) * BLOCK_BYTES;
    inodes++;
    if (!status.isDirectory()) continue;
    for (const name of listIfReachable(path)) left.push(join(path, name));
  }
  return { bytes, inodes };
}

function isKnown(status: BigIntStats, seen: Set<bigint>): boolean {
  if (status.isDirectory() || status.nlink === 1n) return false;
  if (seen.has(status.ino)) return true;
  seen.add(status.ino);
  return false;
}

function statIfReachable(path: string): BigIntStats | undefined {
  return unlessGone(() => lstatSync(path, { bigint: true }));
}

function listIfReachable(path: string): readonly string[] {
  return unlessGone(() => readdirSync(path)) ?? [];
}

function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    // The last: deeper than a path can say, as a container can make it.
    if (isErrno(error, "ENOENT", "ENOTDIR", "ENAMETOOLONG")) return undefined;
    throw error;
  }
}
