/** Writes files with holes, and limits what their many small parts cost. */

import { sum } from "../formats/sum.ts";
import { TAR_BLOCK_BYTES } from "../formats/tar/tar_header.ts";
import type { SparseLayout } from "../formats/tar/tar_sparse.ts";
import { refuse } from "./unpack_names.ts";

/** Adds up what the sparse files of a layer take on the disk. */
export interface SparseBudget {
  /**
   * Adds a file.
   *
   * @throws {InvalidLayerError} If it is too long, or far more than there are data.
   */
  add(name: string, layout: SparseLayout): void;
}

// A single byte takes a block of that size on the disk.
const DISK_BLOCK_BYTES = 4096;
// A program that finds holes of 512 bytes makes two blocks of one.
const MAX_BLOCK_BYTES_PER_BYTE = 16;
// What ext4 allows. Some file systems take anything, but who copies such a file, or
// looks for its data, does not.
const MAX_REAL_BYTES = 16 * 2 ** 40;
// Small files are no danger.
const FREE_BYTES = 256 * 1024 * 1024;

/** Begins to add up. */
export function createSparseBudget(): SparseBudget {
  let data = 0;
  let taken = 0;
  return {
    add(name, { realSize, regions }) {
      if (realSize > MAX_REAL_BYTES) {
        throw refuse(name, `its ${realSize} bytes are more than a disk takes`);
      }
      let end = 0;
      for (const { offset, length } of regions) {
        data += length;
        // Neighbours share a block.
        const first = Math.max(end, Math.floor(offset / DISK_BLOCK_BYTES));
        end = Math.ceil((offset + length) / DISK_BLOCK_BYTES);
        taken += (end - first) * DISK_BLOCK_BYTES;
      }
      if (taken <= FREE_BYTES || taken <= data * MAX_BLOCK_BYTES_PER_BYTE) {
        return;
      }
      throw refuse(
        name,
        `the layer's sparse files hold ${data} bytes, but would take ${taken}`,
      );
    },
  };
}

/**
 * Creates a writer that puts data where they belong.
 *
 * @param write Writes bytes at a position.
 */
export function createSparseWriter(
  { regions }: SparseLayout,
  write: (bytes: Uint8Array, position: number) => void,
): (bytes: Uint8Array) => void {
  let index = 0;
  // Bytes of the region that are written.
  let done = 0;
  return (bytes) => {
    for (let at = 0; at < bytes.length;) {
      const region = regions[index];
      if (region === undefined) throw new RangeError("more data than regions");
      const step = Math.min(region.length - done, bytes.length - at);
      write(bytes.subarray(at, at + step), region.offset + done);
      at += step;
      done += step;
      if (done < region.length) continue;
      index++;
      done = 0;
    }
  };
}

/** Takes the data of a sparse file, and hands on that of one with whole blocks. */
export interface SparseBlockWriter {
  readonly layout: SparseLayout;
  /** Bytes of data that it hands on. */
  readonly size: number;
  write(bytes: Uint8Array): void;
  end(): void;
}

/**
 * Creates a writer for GNU tar, which takes a block for each region that is less:
 * what is left of blocks is filled with zeros.
 */
export function createSparseBlockWriter(
  original: SparseLayout,
  add: (bytes: Uint8Array) => void,
): SparseBlockWriter {
  const layout = alignRegions(original);
  const { regions } = layout;
  let index = 0;
  // Bytes of the region that were handed on.
  let done = 0;
  const write = createSparseWriter(original, (bytes, position) => {
    fillUpTo(position);
    add(bytes);
    done += bytes.length;
  });
  return {
    layout,
    size: sum(regions.map(({ length }) => length)),
    write,
    end: () => fillUpTo(Infinity),
  };

  function fillUpTo(position: number): void {
    for (; index < regions.length; index++) {
      const { offset = 0, length = 0 } = regions[index] ?? {};
      const zeros = Math.min(position - offset, length) - done;
      if (zeros > 0) add(new Uint8Array(zeros));
      done += Math.max(zeros, 0);
      if (position < offset + length) return;
      done = 0;
    }
  }
}

function alignRegions({ realSize, regions }: SparseLayout): SparseLayout {
  const aligned: { offset: number; length: number }[] = [];
  for (const { offset, length } of regions) {
    const start = offset - offset % TAR_BLOCK_BYTES;
    const end = offset + length;
    const over = end % TAR_BLOCK_BYTES;
    const filled = over === 0 ? end : end + TAR_BLOCK_BYTES - over;
    const last = aligned.at(-1);
    if (last !== undefined && start <= last.offset + last.length) {
      last.length = Math.min(filled, realSize) - last.offset;
    } else {
      aligned.push({
        offset: start,
        length: Math.min(filled, realSize) - start,
      });
    }
  }
  return { realSize, regions: aligned };
}
