/**
 * Decodes a layer's blob in one pass over its bytes: its digest, and the archive
 * inside, while it is still being received.
 */

import { createHash } from "node:crypto";
import { InvalidLayerError } from "../../errors/image_errors.ts";
import { type Bytes, concatBytes } from "../bytes.ts";
import {
  type ArchiveSink,
  type Compression,
  COMPRESSION_HEAD_BYTES,
  createDecompressor,
  type Decompressor,
  detectCompression,
} from "../compression/decompress.ts";
import { type Digest, parseDigest } from "../oci/digest.ts";

/** What a layer may hold: see `UnpackLimits` of the store; and what it is called. */
export interface DecodeOptions {
  /** Of its digest; sha256 is the default. */
  readonly algorithm?: string | undefined;
  readonly maxUnpackedBytes?: number;
  readonly maxRatio?: number;
}

/** What is known of a decoded layer. It is sent by workers, so: plain data. */
export interface DecodedLayer {
  /** Of the bytes that were written. */
  readonly compressedDigest: Digest;
  readonly compressedSize: number;
  readonly compression: Compression;
}

/** Takes a layer's blob. After an error, or `abort()`, it must not be used. */
export interface LayerDecoder {
  /**
   * Takes the next bytes of the layer as it is transferred.
   *
   * @throws {InvalidLayerError} If it is damaged or too large.
   */
  write(chunk: Bytes): void;
  /**
   * Says that it was all. The digest is for the caller to check.
   *
   * @throws {InvalidLayerError} If it is interrupted.
   */
  finish(): DecodedLayer;
  /** Frees its memory. */
  abort(): void;
}

// Deflate cannot reach it, so only what zstd makes of zeros is refused.
const DEFAULT_MAX_RATIO = 2000;
// Small archives of zeros are no danger.
const RATIO_FREE_BYTES = 256 * 1024 * 1024;

/**
 * Begins to decode a layer.
 *
 * @param sink Gets the archive.
 */
export function decodeLayer(
  sink: ArchiveSink,
  options: DecodeOptions = {},
): LayerDecoder {
  const { algorithm = "sha256" } = options;
  const hash = createHash(algorithm);
  let received = 0;
  let unpacked = 0;
  let head: Bytes = new Uint8Array(0);
  let compression: Compression = "none";
  let decompressor: Decompressor | undefined;
  return {
    write(chunk) {
      hash.update(chunk);
      received += chunk.length;
      if (decompressor !== undefined) return decompressor.write(chunk);
      head = concatBytes([head, chunk]);
      if (head.length >= COMPRESSION_HEAD_BYTES) begin(head);
    },
    finish() {
      if (decompressor === undefined) begin(head);
      decompressor?.end();
      decompressor?.close();
      return {
        compressedDigest: parseDigest(`${algorithm}:${hash.digest("hex")}`),
        compressedSize: received,
        compression,
      };
    },
    abort: () => decompressor?.close(),
  };

  function begin(start: Bytes): void {
    compression = detectCompression(start);
    decompressor = createDecompressor(compression, {
      room: () => sink.room(),
      commit(bytes) {
        unpacked += bytes.length;
        checkLimits(unpacked, received, options);
        sink.commit(bytes);
      },
    });
    decompressor.write(start);
  }
}

function checkLimits(
  unpacked: number,
  received: number,
  { maxUnpackedBytes = Infinity, maxRatio = DEFAULT_MAX_RATIO }: DecodeOptions,
): void {
  if (unpacked > maxUnpackedBytes) {
    throw new InvalidLayerError(`more than ${maxUnpackedBytes} bytes`);
  }
  if (unpacked > RATIO_FREE_BYTES && unpacked > maxRatio * received) {
    throw new InvalidLayerError(
      `more than ${maxRatio} bytes for each received`,
    );
  }
}
