/** The blocks of each file of a tree. */

import { join } from "@std/path";
import { type BigIntStats, lstatSync, readdirSync } from "node:fs";
import { isErrno } from "./errno.ts";

const BLOCK_BYTES = 512;

/**
 * Walks through a tree: files, directories, links and all else, each once, also if
 * it has several names. Follows no links; what vanishes meanwhile is left out.
 *
 * @returns The blocks of each, in bytes.
 */
export function* treeBlocks(root: string): Generator<number, void, void> {
  const seen = new Set<bigint>();
  const left = [root];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const status = statIfReachable(path);
    if (status === undefined || isKnown(status, seen)) continue;
    yield Number(status.blocks) * BLOCK_BYTES;
    if (!status.isDirectory()) continue;
    for (const name of listIfReachable(path)) left.push(join(path, name));
  }
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
