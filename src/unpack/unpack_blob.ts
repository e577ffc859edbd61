/** Decodes and unpacks a blob in one pass over its bytes, in one thread. */

import type { Bytes } from "../formats/bytes.ts";
import type { ArchiveSink } from "../formats/compression/decompress.ts";
import { type DecodedLayer, decodeLayer } from "../formats/tar/decode_layer.ts";
import {
  type LayerUnpacker,
  type UnpackedArchive,
  unpackLayer,
  type UnpackLimits,
  type UnpackTarget,
} from "./unpack_layer.ts";

/** A layer as received and unpacked. It is sent by workers, so: plain data. */
export interface UnpackedLayer extends DecodedLayer, UnpackedArchive {}

/** Where a blob is unpacked. */
export interface UnpackBlobTarget extends UnpackTarget {
  /** Of the blob's digest; sha256 is the default. */
  readonly algorithm?: string | undefined;
  /** Called for each 256 KiB of the archive; what it throws ends it all. */
  onArchive?(): void;
}

/** Takes a blob. After an error, or `abort()`, it must not be used. */
export interface BlobUnpacker {
  /**
   * Takes the next bytes of the blob.
   *
   * @throws {InvalidLayerError} If it is damaged, hostile, or too large.
   * @throws {NoSpaceError} If the disk is full.
   */
  write(chunk: Bytes): void;
  /**
   * Says that it was all. The digests are for the caller to check; what is on
   * disk is not yet synced.
   */
  finish(): UnpackedLayer;
  /** Closes all files; they are the caller's to remove. */
  abort(): void;
}

/** Begins to unpack a blob. */
export function unpackBlob(
  { onArchive = () => {}, algorithm, ...target }: UnpackBlobTarget,
  limits: UnpackLimits = {},
): BlobUnpacker {
  const unpacker = unpackLayer(target, limits);
  const sink = new BufferedSink(unpacker, onArchive);
  const decoder = decodeLayer(sink, { ...limits, algorithm });
  return {
    write: (chunk) => decoder.write(chunk),
    finish() {
      const decoded = decoder.finish();
      sink.flush();
      return { ...decoded, ...unpacker.finish() };
    },
    abort() {
      decoder.abort();
      unpacker.abort();
    },
  };
}

/** Gives the unpacker its own buffer when that is full. */
class BufferedSink implements ArchiveSink {
  readonly #unpacker: LayerUnpacker;
  readonly #onFull: () => void;
  #filled = 0;

  constructor(unpacker: LayerUnpacker, onFull: () => void) {
    this.#unpacker = unpacker;
    this.#onFull = onFull;
  }

  room(): Bytes {
    return this.#unpacker.buffer.subarray(this.#filled);
  }

  commit(bytes: Bytes): void {
    this.#filled += bytes.length;
    if (this.#filled < this.#unpacker.buffer.length) return;
    this.#onFull();
    this.flush();
  }

  flush(): void {
    if (this.#filled === 0) return;
    const bytes = this.#unpacker.buffer.subarray(0, this.#filled);
    this.#filled = 0;
    this.#unpacker.write(bytes);
  }
}
