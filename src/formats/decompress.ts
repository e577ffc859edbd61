/** Layer compression: RFC 1952 (gzip), RFC 8878 (zstd), or none. */

import zlib from "node:zlib";
import { InvalidLayerError } from "../image_errors.ts";
import { type Bytes, concatBytes } from "./bytes.ts";
import { openZlibHandle, type ZlibHandle } from "./zlib_handle.ts";
import { createZstdFrames } from "./zstd_frames.ts";

/** How a layer is compressed. */
export type Compression = "gzip" | "none" | "zstd";

/** Takes compressed bytes; what comes out goes to a callback. */
export interface Decompressor {
  /** @throws {InvalidLayerError} If the bytes are damaged. */
  write(chunk: Bytes): void;
  /** @throws {InvalidLayerError} If the stream is cut short. */
  end(): void;
  /** Frees its memory, also after an error. */
  close(): void;
}

/** Options of {@linkcode createDecompressor}. */
export interface DecompressorOptions {
  /** Where output is put before it is handed on; 1 MiB if left out. */
  readonly buffer?: Bytes;
}

/** Bytes that {@linkcode detectCompression} wants to see. */
export const COMPRESSION_HEAD_BYTES = 6;

const BUFFER_BYTES = 1024 * 1024;
// Magic numbers of what layers may not use, to name it in the refusal.
const FOREIGN_MAGICS: readonly (readonly [string, readonly number[]])[] = [
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ["bzip2", [0x42, 0x5a, 0x68]],
];

/**
 * Tells compression by the first bytes; media types are only claims.
 *
 * @param head The first {@linkcode COMPRESSION_HEAD_BYTES}, or all there are.
 * @throws {InvalidLayerError} If it is one that images may not use.
 */
export function detectCompression(head: Uint8Array): Compression {
  if (startsWith(head, [0x1f, 0x8b, 0x08])) return "gzip";
  if (startsWith(head, [0x28, 0xb5, 0x2f, 0xfd])) return "zstd";
  const isSkippableFrame = ((head[0] ?? 0) & 0xf0) === 0x50 &&
    startsWith(head.subarray(1), [0x2a, 0x4d, 0x18]);
  if (isSkippableFrame) return "zstd";
  for (const [name, magic] of FOREIGN_MAGICS) {
    if (!startsWith(head, magic)) continue;
    throw new InvalidLayerError(
      `Cannot decompress the layer: compression "${name}" is not supported`,
    );
  }
  return "none";
}

/**
 * Creates a decompressor that works while it is called and keeps nothing.
 *
 * @param emit Gets the output; valid only until it returns.
 */
export function createDecompressor(
  kind: Compression,
  emit: (chunk: Bytes) => void,
  options: DecompressorOptions = {},
): Decompressor {
  if (kind === "none") {
    return { write: emit, end: () => {}, close: () => {} };
  }
  const handle = openZlibHandle(kind);
  if (handle === undefined) return createBufferingDecompressor(kind, emit);
  const output = options.buffer ?? new Uint8Array(BUFFER_BYTES);
  return kind === "gzip"
    ? createGunzip(handle, emit, output)
    : createUnzstd(handle, emit, output);
}

function createGunzip(
  handle: ZlibHandle,
  emit: (chunk: Bytes) => void,
  output: Bytes,
): Decompressor {
  let hasEnded = false;
  return {
    write(chunk) {
      let at = 0;
      while (!hasEnded && at < chunk.length) {
        const { written, next } = attempt(() =>
          handle.write(chunk, at, output)
        );
        at = next;
        if (written > 0) emit(output.subarray(0, written));
        // It stops by itself at zeros after a member; they may fill up a blob.
        hasEnded = at < chunk.length && written < output.length;
      }
      if (hasEnded) requireZeros(chunk.subarray(at));
    },
    end() {
      // What is left inside, if the last output filled the buffer.
      drain(handle, emit, output);
      if (!hasEnded) attempt(() => handle.finish(output));
    },
    close: () => handle.close(),
  };
}

function createUnzstd(
  handle: ZlibHandle,
  emit: (chunk: Bytes) => void,
  output: Bytes,
): Decompressor {
  const frames = createZstdFrames();
  return {
    write(chunk) {
      frames.write(chunk);
      let at = 0;
      // The handle stops at each frame's end, and goes on when called again.
      while (at < chunk.length) {
        const { written, next } = attempt(() =>
          handle.write(chunk, at, output)
        );
        if (written > 0) emit(output.subarray(0, written));
        else if (next === at) throw damaged("it does not go on");
        at = next;
      }
      drain(handle, emit, output);
    },
    end: () => frames.end(),
    close: () => handle.close(),
  };
}

/** Fetches output for which there was no room. */
function drain(
  handle: ZlibHandle,
  emit: (chunk: Bytes) => void,
  output: Bytes,
): void {
  for (;;) {
    const none = new Uint8Array(0);
    const { written } = attempt(() => handle.write(none, 0, output));
    if (written > 0) emit(output.subarray(0, written));
    if (written < output.length) return;
  }
}

/**
 * Creates a decompressor that uses only what `node:zlib` documents. It needs the
 * whole layer in memory, so it is for platforms where nothing else works.
 */
export function createBufferingDecompressor(
  kind: "gzip" | "zstd",
  emit: (chunk: Bytes) => void,
): Decompressor {
  const chunks: Bytes[] = [];
  // zlib itself would stop after the first.
  const starts: number[] = [];
  const frames = createZstdFrames((start) => void starts.push(start));
  return {
    write(chunk) {
      if (kind === "zstd") frames.write(chunk);
      chunks.push(chunk.slice());
    },
    end() {
      const all = concatBytes(chunks);
      if (kind === "gzip") return emitBytes(() => zlib.gunzipSync(all));
      frames.end();
      for (const [index, start] of starts.entries()) {
        const frame = all.subarray(start, starts[index + 1]);
        emitBytes(() => zlib.zstdDecompressSync(frame));
      }
    },
    close: () => void chunks.splice(0),
  };

  function emitBytes(decompress: () => Uint8Array): void {
    const bytes = new Uint8Array(attempt(decompress));
    if (bytes.length > 0) emit(bytes);
  }
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw damaged(cause instanceof Error ? cause.message : String(cause));
  }
}

function requireZeros(bytes: Uint8Array): void {
  if (bytes.every((byte) => byte === 0)) return;
  throw damaged("other bytes follow its end");
}

function damaged(why: string): InvalidLayerError {
  return new InvalidLayerError(`Cannot decompress the layer: ${why}`);
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}
