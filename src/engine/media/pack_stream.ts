/** Compresses a stream on several threads, in a memory that does not grow. */

import type { Bytes } from "../../formats/bytes.ts";
import {
  BLOCK_BYTES,
  PackFrame,
  type PackOptions,
  WINDOW_BYTES,
} from "../../formats/compression/compress.ts";
import type { Packers } from "./packers.ts";

// Enough to keep all workers busy while one block is written.
const MAX_PENDING = 3;

/**
 * Compresses a stream. Its blocks are compressed at once, and come out in order:
 * the result depends on nothing but the bytes and the options.
 */
export function packStream(
  plain: ReadableStream<Bytes>,
  packers: Packers,
  options: PackOptions,
): ReadableStream<Bytes> {
  return ReadableStream.from(packBlocks(plain, packers, options));
}

async function* packBlocks(
  plain: ReadableStream<Bytes>,
  packers: Packers,
  options: PackOptions,
): AsyncGenerator<Bytes> {
  const { format } = options;
  const frame = new PackFrame(format);
  const window = format === "gzip" ? WINDOW_BYTES : 0;
  const pending: Promise<Bytes>[] = [];
  yield frame.begin();
  for await (const block of cut(plain, BLOCK_BYTES[format], window)) {
    frame.add(block.bytes.subarray(block.before));
    pending.push(packers.pack({ ...options, ...block }));
    if (pending.length > MAX_PENDING) yield await pending.shift() ?? NOTHING;
  }
  for (const block of pending) yield await block;
  yield frame.end();
}

const NOTHING: Bytes = new Uint8Array(0);

interface Block {
  readonly before: number;
  readonly bytes: Bytes;
}

/** Cuts a stream into blocks, each with the end of the one before it. */
async function* cut(
  plain: ReadableStream<Bytes>,
  length: number,
  window: number,
): AsyncGenerator<Block> {
  let before = 0;
  let bytes = new Uint8Array(window + length);
  let filled = 0;
  for await (const chunk of plain) {
    for (let at = 0; at < chunk.length;) {
      const step = Math.min(chunk.length - at, before + length - filled);
      bytes.set(chunk.subarray(at, at + step), filled);
      filled += step;
      at += step;
      if (filled < before + length) continue;
      const next = new Uint8Array(window + length);
      next.set(bytes.subarray(filled - window, filled));
      yield { before, bytes: bytes.subarray(0, filled) };
      [before, bytes, filled] = [window, next, window];
    }
  }
  if (filled > before) yield { before, bytes: bytes.subarray(0, filled) };
}
