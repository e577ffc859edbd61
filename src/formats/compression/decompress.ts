/** Layer compression: RFC 1952 (gzip), RFC 8878 (zstd), bzip2, xz, or none. */

import zlib from "node:zlib";
import { InvalidLayerError } from "../../errors/image_errors.ts";
import { messageOf } from "../../errors/why.ts";
import { type Bytes, concatBytes } from "../bytes.ts";
import { ByteFeed, type FeedReader } from "./byte_feed.ts";
import { BZIP2_MAGIC, decodeBzip2 } from "./bzip2.ts";
import { decodeXz, XZ_MAGIC } from "./xz.ts";
import { openZlibHandle, type ZlibHandle } from "./zlib_handle.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/** How a layer is compressed. */
export type Compression = "bzip2" | "gzip" | "none" | "xz" | "zstd";

/** Receives an archive, in its own buffers. */
export interface ArchiveSink {
  /** A place for the next bytes, of one or more. */
  room(): Bytes;
  /** Takes bytes: the beginning of the last room. */
  commit(bytes: Bytes): void;
}

/** Takes compressed bytes; what comes out goes to a sink. */
export interface Decompressor {
  /** @throws {InvalidLayerError} If the bytes are damaged. */
  write(chunk: Bytes): void;
  /** @throws {InvalidLayerError} If the stream is interrupted. */
  end(): void;
  /** Frees its memory, also after an error. */
  close(): void;
}

/** Bytes that {@linkcode detectCompression} wants to see. */
export const COMPRESSION_HEAD_BYTES = 6;

const NO_INPUT = new Uint8Array(0);
const MAGICS: readonly (readonly [Compression, readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b, 0x08]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["xz", XZ_MAGIC],
  ["bzip2", BZIP2_MAGIC],
];

/**
 * Detects the compression by the first bytes; media types are not trusted.
 *
 * @param head The first {@linkcode COMPRESSION_HEAD_BYTES}, or all there are.
 */
export function detectCompression(head: Uint8Array): Compression {
  for (const [compression, magic] of MAGICS) {
    if (startsWith(head, magic)) return compression;
  }
  const isSkippableFrame = ((head[0] ?? 0) & 0xf0) === 0x50 &&
    startsWith(head.subarray(1), [0x2a, 0x4d, 0x18]);
  return isSkippableFrame ? "zstd" : "none";
}

/** Creates a synchronous decompressor in constant memory. */
export function createDecompressor(
  kind: Compression,
  sink: ArchiveSink,
): Decompressor {
  if (kind === "none") {
    const write = (chunk: Bytes) => writeAll(chunk, sink);
    return { write, end: () => {}, close: () => {} };
  }
  if (kind === "xz") return createFedDecompressor(decodeXz, sink);
  if (kind === "bzip2") return createFedDecompressor(decodeBzip2, sink);
  const handle = openZlibHandle(kind);
  if (handle === undefined) return createBufferingDecompressor(kind, sink);
  return kind === "gzip"
    ? createGunzip(handle, sink)
    : createUnzstd(handle, sink);
}

function createGunzip(handle: ZlibHandle, sink: ArchiveSink): Decompressor {
  let hasEnded = false;
  return {
    write(chunk) {
      let at = 0;
      while (!hasEnded && at < chunk.length) {
        const step = inflate(handle, { input: chunk, at, sink });
        at = step.next;
        // It stops by itself at zeros after a member; they may fill up a blob.
        hasEnded = at < chunk.length && !step.isFull;
      }
      if (hasEnded) requireZeros(chunk.subarray(at));
    },
    end() {
      drain(handle, sink);
      if (hasEnded) return;
      const room = sink.room();
      attempt(() => handle.finish(room));
    },
    close: () => handle.close(),
  };
}

function createUnzstd(handle: ZlibHandle, sink: ArchiveSink): Decompressor {
  const frames = new ZstdFrames();
  return {
    write(chunk) {
      frames.write(chunk);
      let at = 0;
      // The handle stops at each frame's end, and goes on when called again.
      while (at < chunk.length) {
        const { next, written } = inflate(handle, { input: chunk, at, sink });
        if (written === 0 && next === at) throw damaged("it ends too early");
        at = next;
      }
      drain(handle, sink);
    },
    end: () => frames.end(),
    close: () => handle.close(),
  };
}

/** Those that are read here: they take what they need, and wait for more. */
function createFedDecompressor(
  decode: (feed: ByteFeed, emit: (bytes: Bytes) => void) => FeedReader,
  sink: ArchiveSink,
): Decompressor {
  const feed = new ByteFeed();
  const work = decode(feed, (bytes) => writeAll(bytes, sink));
  const goOn = () => {
    try {
      work.next();
    } catch (error) {
      const isDamage = error instanceof SyntaxError ||
        error instanceof RangeError;
      throw isDamage ? damaged(error.message) : error;
    }
  };
  return {
    write(chunk) {
      feed.push(chunk);
      goOn();
    },
    end() {
      feed.end();
      goOn();
    },
    close: () => void work.return(undefined),
  };
}

/** Fetches output for which there was no room. */
function drain(handle: ZlibHandle, sink: ArchiveSink): void {
  while (inflate(handle, { input: NO_INPUT, at: 0, sink }).isFull);
}

/** One call of the handle: as far as there is input and space. */
function inflate(
  handle: ZlibHandle,
  { input, at, sink }: {
    readonly input: Bytes;
    readonly at: number;
    readonly sink: ArchiveSink;
  },
): { readonly next: number; readonly written: number; isFull: boolean } {
  const room = sink.room(); // what it fails with is no damage
  const { written, next } = attempt(() => handle.write(input, at, room));
  if (written > 0) sink.commit(room.subarray(0, written));
  return { next, written, isFull: written === room.length };
}

function writeAll(bytes: Bytes, sink: ArchiveSink): void {
  for (let at = 0; at < bytes.length;) {
    const room = sink.room();
    const step = Math.min(room.length, bytes.length - at);
    room.set(bytes.subarray(at, at + step));
    sink.commit(room.subarray(0, step));
    at += step;
  }
}

/**
 * Creates a decompressor that uses only what `node:zlib` documents. It needs the
 * whole layer in memory, so it is for platforms where nothing else works.
 */
export function createBufferingDecompressor(
  kind: "gzip" | "zstd",
  sink: ArchiveSink,
): Decompressor {
  const chunks: Bytes[] = [];
  // zlib itself would stop after the first.
  const starts: number[] = [];
  const frames = new ZstdFrames((start) => void starts.push(start));
  return {
    write(chunk) {
      if (kind === "zstd") frames.write(chunk);
      chunks.push(chunk.slice());
    },
    end() {
      const all = concatBytes(chunks);
      if (kind === "gzip") return emit(() => zlib.gunzipSync(all));
      frames.end();
      for (const [index, start] of starts.entries()) {
        const frame = all.subarray(start, starts[index + 1]);
        emit(() => zlib.zstdDecompressSync(frame));
      }
    },
    close: () => void chunks.splice(0),
  };

  function emit(decompress: () => Uint8Array): void {
    writeAll(new Uint8Array(attempt(decompress)), sink);
  }
}

function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw damaged(messageOf(cause));
  }
}

function requireZeros(bytes: Uint8Array): void {
  if (bytes.every((byte) => byte === 0)) return;
  throw damaged("other bytes follow its end");
}

function damaged(why: string): InvalidLayerError {
  return new InvalidLayerError(why, { verb: "decompress" });
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}
