/** Compresses a stream on several threads, in constant memory. */

import type { Bytes } from "../../formats/bytes.ts";
import {
  BLOCK_BYTES,
  PackFrame,
  type PackOptions,
  WINDOW_BYTES,
} from "../../formats/compression/compress.ts";
import type { Packers } from "./packers.ts";

/**
 * Passes chunks on: the next one when the promise for the previous one is resolved.
 * Their memory is reused.
 */
export type Feed = (
  consume: (chunk: Bytes) => Promise<void>,
) => Promise<void>;

// Enough to keep all workers busy while one block is written.
const MAX_PENDING = 3;

/**
 * Compresses the output of a feed. Blocks are compressed concurrently, and returned
 * in order: the result depends only on the bytes and the options.
 */
export function packStream(
  feed: Feed,
  packers: Packers,
  options: PackOptions,
): ReadableStream<Bytes> {
  const pipe = new TransformStream<Bytes, Bytes>();
  const writer = pipe.writable.getWriter();
  pack(feed, packers, { ...options, write: (bytes) => writer.write(bytes) })
    .then(() => writer.close(), (error) => writer.abort(error))
    .catch(() => {}); // the reader has cancelled
  return pipe.readable;
}

async function pack(
  feed: Feed,
  packers: Packers,
  { write, ...options }: PackOptions & {
    readonly write: (bytes: Bytes) => Promise<void>;
  },
): Promise<void> {
  const { format } = options;
  const frame = new PackFrame(format);
  const window = format === "gzip" ? WINDOW_BYTES : 0;
  const length = window + BLOCK_BYTES[format];
  const pending: Promise<Bytes>[] = [];
  let before = 0;
  let bytes = packers.takeBuffer(length);
  let filled = 0;
  await write(frame.begin());
  await feed(async (chunk) => {
    for (let at = 0; at < chunk.length;) {
      const end = before + BLOCK_BYTES[format];
      const step = Math.min(chunk.length - at, end - filled);
      bytes.set(chunk.subarray(at, at + step), filled);
      filled += step;
      at += step;
      if (filled === end) await begin();
    }
  });
  if (filled > before) await begin();
  for (const block of pending) await write(await block);
  await write(frame.end());

  /** Starts to compress a block; the next one may refer to its end. */
  async function begin(): Promise<void> {
    const block = { before, bytes: bytes.subarray(0, filled) };
    bytes = packers.takeBuffer(length);
    bytes.set(block.bytes.subarray(filled - window));
    frame.add(block.bytes.subarray(before));
    [before, filled] = [window, window];
    pending.push(packers.pack({ ...options, ...block }));
    const first = pending.length > MAX_PENDING ? pending.shift() : undefined;
    if (first !== undefined) await write(await first);
  }
}
