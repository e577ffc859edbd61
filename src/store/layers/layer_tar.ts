/** Rebuilds the archive of a layer from its files, byte for byte. */

import { closeSync, fstatSync, readSync } from "node:fs";
import type { DamagedFileError } from "../../errors/store_errors.ts";
import {
  decodeBinaryString,
  showBinaryString,
} from "../../formats/binary_string.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import { type Crc64, createCrc64 } from "../../formats/tar/crc64.ts";
import type { TarSplitPiece } from "../../formats/tar/read_tar_split.ts";
import { openRegularFile } from "../../fs/regular_file.ts";
import { resolveParts } from "../../fs/resolve_parts.ts";
import { layerDirectory, type StorePaths } from "../paths.ts";
import { openTarSplit, type TarSplit, unreadable } from "./tar_split.ts";

/** An archive that is read from its beginning to its end. */
export interface LayerTar extends Disposable {
  /**
   * Fills a buffer.
   *
   * @returns How many bytes came; 0 at the end.
   * @throws {DamagedFileError} If files of the layer are not as they were.
   */
  read(into: Uint8Array): number;
  /** Skips bytes, without reading those in files. */
  skip(bytes: number): void;
}

/** How to read an archive. */
export interface LayerTarOptions {
  /**
   * `"check"` also compares the checksum of each file that is read as a whole, so
   * that an error can name it; otherwise only the digest of the archive shows a
   * difference.
   *
   * @default {"trust"}
   */
  readonly content?: "check" | "trust" | undefined;
  /**
   * Copies of the files that {@linkcode listNonUtf8Files} lists, by their names: Deno
   * cannot open a file with such a name.
   */
  readonly copies?: ReadonlyMap<string, string> | undefined;
}

/**
 * Opens the archive of a layer. Only regular files below the layer's own directory
 * are read, whatever is there now. Only the digest of the archive shows whether
 * their content is unchanged.
 *
 * @throws {DamagedFileError} If the layer has no tar-split list.
 */
export function openLayerTar(
  paths: StorePaths,
  layer: LayerRecord,
  options: LayerTarOptions = {},
): LayerTar {
  return new OpenTar(paths, layer, options);
}

class OpenTar implements LayerTar {
  readonly #layer: LayerRecord;
  readonly #place: FilePlace;
  readonly #list: TarSplit;
  readonly #crc: Crc64 | undefined;
  #segment: Bytes = new Uint8Array(0);
  #file: OpenFile | undefined;

  constructor(
    paths: StorePaths,
    layer: LayerRecord,
    { content = "trust", copies }: LayerTarOptions,
  ) {
    this.#layer = layer;
    const root = `${layerDirectory(paths, layer.id)}/diff`;
    this.#place = { root, copies };
    this.#list = openTarSplit(paths, layer);
    this.#crc = content === "check" ? createCrc64() : undefined;
  }

  read(into: Uint8Array): number {
    while (this.#advance()) {
      const count = this.#file === undefined
        ? this.#takeSegment(into)
        : this.#readFile(this.#file, into);
      if (count > 0) return count;
    }
    return 0;
  }

  skip(bytes: number): void {
    let left = bytes;
    while (left > 0 && this.#advance()) {
      const file = this.#file;
      const step = Math.min(left, file?.left ?? this.#segment.length);
      left -= step;
      if (file !== undefined) {
        file.position += step;
        file.left -= step;
        file.crc = undefined; // a part of a file has no checksum
      } else this.#segment = this.#segment.subarray(step);
    }
  }

  [Symbol.dispose](): void {
    this.#closeFile();
    this.#list[Symbol.dispose]();
  }

  /** Moves to the next piece if this one is used up. */
  #advance(): boolean {
    while ((this.#file?.left ?? this.#segment.length) === 0) {
      this.#closeFile();
      const { done, value: piece } = this.#list.pieces.next();
      if (done) return false;
      if (piece.kind === "segment") this.#segment = piece.bytes;
      else if (piece.size > 0) {
        this.#file = openFile(this.#place, piece, this.#layer);
      }
    }
    return true;
  }

  #takeSegment(into: Uint8Array): number {
    const part = this.#segment.subarray(0, into.length);
    into.set(part);
    this.#segment = this.#segment.subarray(part.length);
    return part.length;
  }

  #readFile(file: OpenFile, into: Uint8Array): number {
    const room = Math.min(into.length, file.left);
    const count = readSync(file.fd, into, 0, room, file.position);
    if (count === 0) {
      throw changed(this.#layer, file.path, "it was truncated");
    }
    file.position += count;
    file.left -= count;
    if (file.crc !== undefined) this.#checkPart(file, into.subarray(0, count));
    return count;
  }

  #checkPart({ path, position, left, crc }: OpenFile, bytes: Uint8Array): void {
    const sum = this.#crc;
    if (sum === undefined) return;
    if (position === bytes.length) sum.reset();
    sum.update(bytes);
    if (left > 0 || sum.toBase64() === crc) return;
    throw changed(this.#layer, path, "it holds other bytes");
  }

  #closeFile(): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#file = undefined;
  }
}

/** Where the files of a layer are. */
interface FilePlace extends Pick<LayerTarOptions, "copies"> {
  readonly root: string;
}

interface OpenFile {
  readonly path: string;
  readonly fd: number;
  position: number;
  left: number;
  /** The checksum of its content, as base64; undefined if not known. */
  crc: string | undefined;
}

function openFile(
  { root, copies }: FilePlace,
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
      : "its path points elsewhere";
    throw changed(layer, `${root}/${shown}`, why);
  }
  const fd = openRegularFile(path);
  if (typeof fd === "string") throw changed(layer, path, fd);
  const { size: actual } = fstatSync(fd);
  if (actual === size) return { path, fd, position: 0, left: size, crc };
  closeSync(fd);
  throw changed(layer, path, `it has ${actual} bytes, not ${size}`);
}

function changed(
  layer: LayerRecord,
  path: string,
  why: string,
): DamagedFileError {
  return unreadable(layer, { path, why: `"${path}" was changed: ${why}` });
}
