/**
 * The tar-split list of a layer: the parts of its archive, which are stored bytes
 * or files.
 */

import { closeSync, readSync } from "node:fs";
import { DamagedFileError } from "../../errors/store_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import {
  listRawNames,
  readTarSplit,
  type TarSplitPiece,
} from "../../formats/tar/read_tar_split.ts";
import { openRegularFile } from "../../fs/regular_file.ts";
import { type StorePaths, tarSplitPath } from "../paths.ts";

/** A list that is open. Disposing closes it. */
export interface TarSplit extends Disposable {
  /** In the order of the archive; @throws {DamagedFileError} If it is damaged. */
  readonly pieces: Generator<TarSplitPiece, undefined>;
}

const CHUNK_BYTES = 64 * 1024;

/**
 * Opens the list of a layer.
 *
 * @throws {DamagedFileError} If there is none.
 */
export function openTarSplit(paths: StorePaths, layer: LayerRecord): TarSplit {
  const list = openList(paths, layer);
  const pieces = readPieces(list, layer);
  return {
    pieces,
    [Symbol.dispose]() {
      pieces.return(undefined);
      list[Symbol.dispose]();
    },
  };
}

/**
 * Lists the files of a layer that have content and a name which is no UTF-8, as
 * binary strings.
 *
 * @throws {DamagedFileError} If the list is damaged.
 */
export function listNonUtf8Files(
  paths: StorePaths,
  layer: LayerRecord,
): readonly string[] {
  const path = tarSplitPath(paths, layer.id);
  using lists = new DisposableStack();
  const open = () => lists.use(openList(paths, layer)).chunks;
  try {
    return listRawNames(open, `"${path}"`);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw unreadable(layer, { path, why: cause.message, cause });
  }
}

/** Computes the length of a layer's archive in bytes, without reading its files. */
export function measureLayerTar(paths: StorePaths, layer: LayerRecord): number {
  using list = openTarSplit(paths, layer);
  let size = 0;
  for (const piece of list.pieces) {
    size += piece.kind === "segment" ? piece.bytes.length : piece.size;
  }
  return size;
}

/** An error that says why the archive of a layer cannot be read. */
export function unreadable(
  { id }: LayerRecord,
  { path, why, cause }: {
    readonly path: string;
    readonly why: string;
    readonly cause?: unknown;
  },
): DamagedFileError {
  return new DamagedFileError(
    `Cannot read layer "${id}": ${why}; pull its image again`,
    { path, cause },
  );
}

/** @throws {DamagedFileError} If the list cannot be read. */
function* readPieces(
  { path, chunks }: OpenList,
  layer: LayerRecord,
): Generator<TarSplitPiece, undefined> {
  try {
    yield* readTarSplit(chunks, `"${path}"`);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw unreadable(layer, { path, why: cause.message, cause });
  }
}

interface OpenList extends Disposable {
  readonly path: string;
  readonly chunks: Iterable<Bytes>;
}

function openList(paths: StorePaths, layer: LayerRecord): OpenList {
  const path = tarSplitPath(paths, layer.id);
  const fd = openFile(path, layer);
  const close = new DisposableStack();
  close.defer(() => closeSync(fd));
  return {
    path,
    chunks: readChunks(fd),
    [Symbol.dispose]: () => close.dispose(),
  };
}

function openFile(path: string, layer: LayerRecord): number {
  const isPartial = layer["toc-digest"] !== undefined;
  const fd = openRegularFile(path);
  if (typeof fd === "number") return fd;
  throw unreadable(layer, {
    path,
    why: isPartial
      ? "it was pulled in parts (zstd:chunked), so its archive is not known"
      : `"${path}", which describes its archive: ${fd}`,
  });
}

function* readChunks(fd: number): Generator<Bytes> {
  for (;;) {
    const buffer = new Uint8Array(CHUNK_BYTES);
    const count = readSync(fd, buffer);
    if (count === 0) return;
    yield buffer.subarray(0, count);
  }
}
