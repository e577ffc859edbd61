/** The archive that a layer came from, made again from its files, byte for byte. */

import { closeSync, fstatSync, readSync } from "node:fs";
import { DamagedFileError } from "../../errors/store_errors.ts";
import {
  decodeBinaryString,
  showBinaryString,
} from "../../formats/binary_string.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { createCrc64 } from "../../formats/tar/crc64.ts";
import {
  listRawNames,
  readTarSplit,
  type TarSplitPiece,
} from "../../formats/tar/read_tar_split.ts";
import { openRegularFile } from "../../fs/regular_file.ts";
import { resolveParts } from "../../fs/resolve_parts.ts";
import { layerDirectory, type StorePaths, tarSplitPath } from "../paths.ts";

/** An archive that is read from its beginning to its end. */
export interface LayerTar extends Disposable {
  /**
   * Fills a buffer.
   *
   * @returns How many bytes came; 0 at the end.
   * @throws {DamagedFileError} If files of the layer are not as they were.
   */
  read(into: Uint8Array): number;
  /** Leaves bytes out, at no cost for those in files. */
  skip(bytes: number): void;
}

/** How to read an archive. */
export interface LayerTarOptions {
  /**
   * `"check"` also compares the checksum of each file that is read as a whole, so
   * that an error can name it; else only the digest of the archive tells.
   *
   * @default {"trust"}
   */
  readonly content?: "check" | "trust" | undefined;
  /**
   * Copies of the files that {@linkcode listOddFiles} lists, by their names: the
   * runtime opens no file with such a name.
   */
  readonly copies?: ReadonlyMap<string, string> | undefined;
}

const SPLIT_CHUNK_BYTES = 64 * 1024;

/**
 * Opens the archive of a layer. Nothing is read but regular files below the
 * layer's own directory, whatever stands there now; whether they hold what they
 * held, only the digest of the archive tells.
 *
 * @throws {DamagedFileError} If the layer lacks the list that says what is where.
 */
export function openLayerTar(
  paths: StorePaths,
  layer: LayerRecord,
  { content = "trust", copies }: LayerTarOptions = {},
): LayerTar {
  const files = `${layerDirectory(paths, layer.id)}/diff`;
  const list = openTarSplit(paths, layer);
  const pieces = readPieces(list, layer);
  let segment: Bytes = new Uint8Array(0);
  let file: OpenFile | undefined;
  const crc = content === "check" ? createCrc64() : undefined;
  return {
    read(into) {
      while (next()) {
        const count = file === undefined
          ? takeSegment(into)
          : readFile(file, into);
        if (count > 0) return count;
      }
      return 0;
    },
    skip(bytes) {
      while (bytes > 0 && next()) {
        const length = file?.left ?? segment.length;
        const step = Math.min(bytes, length);
        bytes -= step;
        if (file !== undefined) {
          file.position += step;
          file.left -= step;
          file.crc = undefined; // of a part there is none
        } else segment = segment.subarray(step);
      }
    },
    [Symbol.dispose]() {
      closeFile();
      pieces.return(undefined);
      list[Symbol.dispose]();
    },
  };

  /** Goes on to the next piece if this one is used up. */
  function next(): boolean {
    while (file === undefined ? segment.length === 0 : file.left === 0) {
      closeFile();
      const piece = nextPiece();
      if (piece === undefined) return false;
      if (piece.kind === "segment") segment = piece.bytes;
      else if (piece.size > 0) {
        file = openFile({ root: files, copies }, piece, layer);
      }
    }
    return true;
  }

  function nextPiece(): TarSplitPiece | undefined {
    const { done, value } = pieces.next();
    return done ? undefined : value;
  }

  function takeSegment(into: Uint8Array): number {
    const part = segment.subarray(0, into.length);
    into.set(part);
    segment = segment.subarray(part.length);
    return part.length;
  }

  function readFile(open: OpenFile, into: Uint8Array): number {
    const room = Math.min(into.length, open.left);
    const count = readSync(open.fd, into, 0, room, open.position);
    if (count === 0) throw changed(layer, open.path, "it was made shorter");
    open.position += count;
    open.left -= count;
    if (open.crc !== undefined) checkPart(open, into.subarray(0, count));
    return count;
  }

  function checkPart(open: OpenFile, bytes: Uint8Array): void {
    if (crc === undefined) return;
    if (open.position === bytes.length) crc.reset();
    crc.update(bytes);
    if (open.left > 0 || crc.toBase64() === open.crc) return;
    throw changed(layer, open.path, "it holds other bytes");
  }

  function closeFile(): void {
    if (file !== undefined) closeSync(file.fd);
    file = undefined;
  }
}

/**
 * Lists the files of a layer that have content and a name which is no UTF-8, as
 * binary strings.
 *
 * @throws {DamagedFileError} If the list that says what is where is damaged.
 */
export function listOddFiles(
  paths: StorePaths,
  layer: LayerRecord,
): readonly string[] {
  const path = tarSplitPath(paths, layer.id);
  using lists = new DisposableStack();
  const open = () => lists.use(openTarSplit(paths, layer)).chunks;
  try {
    return listRawNames(open, `"${path}"`);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw unreadable(layer, { path, why: cause.message, cause });
  }
}

/** Finds how long the archive of a layer is, in bytes, without its files. */
export function measureLayerTar(paths: StorePaths, layer: LayerRecord): number {
  using list = openTarSplit(paths, layer);
  let size = 0;
  for (const piece of readPieces(list, layer)) {
    size += piece.kind === "segment" ? piece.bytes.length : piece.size;
  }
  return size;
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

interface OpenFile {
  readonly path: string;
  readonly fd: number;
  position: number;
  left: number;
  /** Of its content, as base64; undefined if it is not known. */
  crc: string | undefined;
}

function openFile(
  { root, copies }: Pick<LayerTarOptions, "copies"> & { readonly root: string },
  { name, size, crc }: Extract<TarSplitPiece, { readonly kind: "file" }>,
  layer: LayerRecord,
): OpenFile {
  const text = decodeBinaryString(name);
  const path = text === undefined
    ? copies?.get(name)
    : text.includes("\0")
    ? undefined
    : resolveParts(root, text);
  if (path === undefined) {
    const shown = showBinaryString(name).slice(1, -1);
    const why = text === undefined
      ? "it is missing, or no regular file"
      : "its path leads elsewhere";
    throw changed(layer, `${root}/${shown}`, why);
  }
  const fd = openRegularFile(path);
  if (typeof fd === "string") throw changed(layer, path, fd);
  const { size: actual } = fstatSync(fd);
  if (actual === size) return { path, fd, position: 0, left: size, crc };
  closeSync(fd);
  throw changed(layer, path, `it has ${actual} bytes, not ${size}`);
}

interface OpenList extends Disposable {
  readonly path: string;
  readonly chunks: Iterable<Bytes>;
}

function openTarSplit(paths: StorePaths, layer: LayerRecord): OpenList {
  const path = tarSplitPath(paths, layer.id);
  const fd = openList(path, layer);
  const close = new DisposableStack();
  close.defer(() => closeSync(fd));
  return {
    path,
    chunks: readChunks(fd),
    [Symbol.dispose]: () => close.dispose(),
  };
}

function openList(path: string, layer: LayerRecord): number {
  const isPartial = layer["toc-digest"] !== undefined;
  const fd = openRegularFile(path);
  if (typeof fd === "number") return fd;
  throw unreadable(layer, {
    path,
    why: isPartial
      ? "it was pulled in parts (zstd:chunked), so its archive is not known"
      : `"${path}", which tells how its archive was made: ${fd}`,
  });
}

function* readChunks(fd: number): Generator<Bytes> {
  for (;;) {
    const buffer = new Uint8Array(SPLIT_CHUNK_BYTES);
    const count = readSync(fd, buffer);
    if (count === 0) return;
    yield buffer.subarray(0, count);
  }
}

function changed(
  layer: LayerRecord,
  path: string,
  why: string,
): DamagedFileError {
  return unreadable(layer, { path, why: `"${path}" was changed: ${why}` });
}

function unreadable(
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
