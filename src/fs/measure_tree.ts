/** Measures trees of any size while other work goes on. */

import { type Abortable, sleep } from "../errors/abort.ts";
import { treeBlocks } from "./tree_blocks.ts";

/** The disk usage of a tree. */
export interface TreeSize {
  /** Of its blocks. */
  readonly bytes: number;
  /** Files, directories, links and all else. */
  readonly inodes: number;
}

// The time after which the event loop gets a turn.
const SLICE_MS = 5;

/** Adds up a tree, as `diskUsage()` does. */
export async function measureTree(
  root: string,
  { signal }: Abortable = {},
): Promise<TreeSize> {
  let bytes = 0;
  let inodes = 0;
  let sliceEndMs = performance.now() + SLICE_MS;
  for (const own of treeBlocks(root)) {
    bytes += own;
    inodes++;
    if (performance.now() <= sliceEndMs) continue;
    await sleep(0, { signal });
    sliceEndMs = performance.now() + SLICE_MS;
  }
  return { bytes, inodes };
}
