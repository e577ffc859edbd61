/** The disk usage of a file or a tree. */

import { treeBlocks } from "./tree_blocks.ts";

/**
 * Adds up the blocks of a tree, in bytes; files with several names count once.
 * Follows no links; files that disappear meanwhile do not count.
 */
export function diskUsage(path: string): number {
  let bytes = 0;
  for (const own of treeBlocks(path)) bytes += own;
  return bytes;
}
