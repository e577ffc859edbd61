/** Streams of layers: complete, verified, and in the form that a medium needs. */

import { createHash } from "node:crypto";
import type { Abortable } from "../../errors/abort.ts";
import { BlobMismatchError } from "../../errors/image_errors.ts";
import { type Bytes, concatBytes } from "../../formats/bytes.ts";
import {
  COMPRESSION_HEAD_BYTES,
  createDecompressor,
  type Decompressor,
  detectCompression,
} from "../../formats/compression/decompress.ts";
import type { BlobSource } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import { algorithmOf, type Digest } from "../../formats/oci/digest.ts";
import { readBlob } from "../../registry/blobs/read_blob.ts";
import type { RetryRules } from "../../registry/send_request.ts";

/** How to read a blob. */
export interface StreamBlobOptions extends Abortable {
  /** The first byte to read; 0 is the default. */
  readonly offset?: number | undefined;
  /** How to retry. */
  readonly retry?: RetryRules | undefined;
  /** Called with the number of bytes received. */
  readonly onProgress?: ((received: number) => void) | undefined;
  /** Called for each connection that broke, and why. */
  readonly onRetry?: ((reason: string) => void) | undefined;
}

/**
 * Reads a blob; broken connections are replaced. Its size is checked, but not its
 * digest.
 */
export function streamBlob(
  source: BlobSource,
  blob: Descriptor,
  { offset = 0, retry, signal, onProgress, onRetry }: StreamBlobOptions = {},
): ReadableStream<Bytes> {
  const ended = new AbortController();
  const pipe = new TransformStream<Bytes, Bytes>();
  const writer = pipe.writable.getWriter();
  let received = offset;
  const copying = readBlob(
    (blob, options) => source.open(blob, options),
    blob,
    async (chunk) => {
      await writer.ready;
      await writer.write(chunk.slice());
      received += chunk.length;
      onProgress?.(received);
    },
    {
      ...retry,
      offset,
      signal: AbortSignal.any([ended.signal, ...signal ? [signal] : []]),
      onReconnect: onRetry,
    },
  );
  copying.then(() => writer.close(), (error) => writer.abort(error))
    .catch(() => {}); // the reader has cancelled
  writer.closed.catch(() => ended.abort());
  return pipe.readable;
}

/** Passes a blob on without a copy, and fails at its end if its digest is wrong. */
export async function feedBlob(
  source: BlobSource,
  blob: Descriptor,
  { what, consume, retry, signal, onProgress, onRetry }:
    & Omit<StreamBlobOptions, "offset">
    & {
      /** Such as `Cannot copy layer "sha256:…"`. */
      readonly what: string;
      readonly consume: (chunk: Bytes) => Promise<void>;
    },
): Promise<void> {
  const algorithm = algorithmOf(blob.digest);
  const hash = createHash(algorithm);
  let received = 0;
  await readBlob(
    (blob, options) => source.open(blob, options),
    blob,
    async (chunk) => {
      hash.update(chunk);
      received += chunk.length;
      await consume(chunk);
      onProgress?.(received);
    },
    { ...retry, signal, onReconnect: onRetry },
  );
  const actual = `${algorithm}:${hash.digest("hex")}`;
  if (actual === blob.digest) return;
  throw new BlobMismatchError(`${what}: got digest ${actual}`);
}

/**
 * Passes bytes on, and fails at their end if their digest is wrong.
 *
 * @param what Such as `Cannot copy layer "sha256:…"`.
 */
export function verifyStream(
  digest: Digest,
  what: string,
): TransformStream<Bytes, Bytes> {
  const algorithm = algorithmOf(digest);
  const hash = createHash(algorithm);
  return new TransformStream({
    transform(chunk, controller) {
      hash.update(chunk);
      controller.enqueue(chunk);
    },
    flush() {
      const actual = `${algorithm}:${hash.digest("hex")}`;
      if (actual === digest) return;
      throw new BlobMismatchError(`${what}: got digest ${actual}`);
    },
  });
}

// A good size for writes and hashes.
const ROOM_BYTES = 256 * 1024;
// Even hostile input of this size expands to some MiB at most.
const STEP_BYTES = 16 * 1024;

/** Decompresses a layer of any compression; an uncompressed one passes. */
export function unpackStream(
  packed: ReadableStream<Bytes>,
): ReadableStream<Bytes> {
  return ReadableStream.from(unpack(packed));
}

async function* unpack(packed: ReadableStream<Bytes>): AsyncGenerator<Bytes> {
  let out: Bytes[] = [];
  const take = () => out.splice(0);
  const sink = {
    room: () => new Uint8Array(ROOM_BYTES),
    commit: (bytes: Bytes) => void out.push(bytes),
  };
  let head: Bytes = new Uint8Array(0);
  let decompressor: Decompressor | undefined;
  try {
    for await (const chunk of packed) {
      let bytes = chunk;
      if (decompressor === undefined) {
        bytes = head = concatBytes([head, chunk]);
        if (head.length < COMPRESSION_HEAD_BYTES) continue;
        decompressor = createDecompressor(detectCompression(head), sink);
      }
      for (let at = 0; at < bytes.length; at += STEP_BYTES) {
        decompressor.write(bytes.subarray(at, at + STEP_BYTES));
        yield* take();
      }
    }
    if (decompressor === undefined) {
      decompressor = createDecompressor(detectCompression(head), sink);
      decompressor.write(head);
    }
    decompressor.end();
    yield* take();
  } finally {
    out = [];
    decompressor?.close();
  }
}
