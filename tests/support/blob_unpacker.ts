/** Decodes and unpacks a blob in one thread, as two workers do it for a pull. */

import type { Bytes } from "../../src/formats/bytes.ts";
import { decodeLayer } from "../../src/formats/decode_layer.ts";
import type { ArchiveSink } from "../../src/formats/decompress.ts";
import type { UnpackedLayer } from "../../src/runtime/layer_job.ts";
import {
  unpackLayer,
  type UnpackLimits,
  type UnpackTarget,
} from "../../src/store/unpack_layer.ts";

/** Takes a blob. After an error, or `abort()`, it must not be used. */
export interface BlobUnpacker {
  write(chunk: Bytes): void;
  finish(): UnpackedLayer;
  abort(): void;
}

/** Begins to unpack a blob. */
export function unpackBlob(
  target: UnpackTarget,
  limits: UnpackLimits = {},
): BlobUnpacker {
  const unpacker = unpackLayer(target, limits);
  const sink = bufferedSink((bytes) => unpacker.write(bytes));
  const decoder = decodeLayer(sink, limits);
  return {
    write: (chunk) => decoder.write(chunk),
    finish: () => ({ ...decoder.finish(), ...unpacker.finish() }),
    abort() {
      decoder.abort();
      unpacker.abort();
    },
  };
}

/**
 * A sink with a buffer of its own.
 *
 * @param emit Gets what it was given; valid only until it returns.
 */
export function bufferedSink(
  emit: (bytes: Bytes) => void,
  bufferBytes: number = 256 * 1024,
): ArchiveSink {
  const buffer = new Uint8Array(bufferBytes);
  return { room: () => buffer, commit: emit };
}
