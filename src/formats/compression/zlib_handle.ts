/**
 * Synchronous decompression by `node:zlib` into a given buffer, without streams and
 * copies. Node and Deno both have this internal handle, since packages use it, but
 * it is undocumented; so it is tested before use.
 */

import zlib from "node:zlib";
import type { Bytes } from "../bytes.ts";

/** A decompressor that is called. */
export interface ZlibHandle {
  /**
   * Decompresses into `output`, as far as there is room and input.
   *
   * @throws {Error} If the input is damaged.
   */
  write(input: Uint8Array, start: number, output: Bytes): ZlibProgress;
  /**
   * Says that no input is left.
   *
   * @throws {Error} If it ended too early; only gzip notices.
   */
  finish(output: Bytes): void;
  /** Frees its memory. */
  close(): void;
}

/** How far a call came. */
export interface ZlibProgress {
  /** Bytes of the output that were written. */
  written: number;
  /** Where the input goes on. */
  next: number;
}

/** What the streams of `node:zlib` have inside. */
export interface NativeHandle {
  onerror: (message: string) => void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputStart: number,
    inputLength: number,
    output: Uint8Array,
    outputStart: number,
    outputLength: number,
    left: Uint32Array,
  ): void;
  close(): void;
}

const NO_INPUT = new Uint8Array(0);
// gzip of "orlop" and zstd of the same: what the test must release.
const SAMPLES = {
  gzip: "H4sIAAAAAAAAA8svyskvAACGS9vvBQAAAA==",
  zstd: "KLUv/QBYKQAAb3Jsb3A=",
} as const;
const SAMPLE_TEXT = "orlop";

/** Opens a decompressor; `undefined` if this platform does not have it. */
export function openZlibHandle(kind: "gzip" | "zstd"): ZlibHandle | undefined {
  try {
    const output = new Uint8Array(64);
    const handle = wrap(kind);
    const sample = Uint8Array.fromBase64(SAMPLES[kind]);
    const { written, next } = handle.write(sample, 0, output);
    handle.close();
    const text = new TextDecoder().decode(output.subarray(0, written));
    if (text !== SAMPLE_TEXT || next !== sample.length) return undefined;
    return wrap(kind);
  } catch {
    // Another runtime or release: the caller uses the documented API.
    return undefined;
  }
}

function wrap(kind: "gzip" | "zstd"): ZlibHandle {
  const stream = kind === "gzip"
    ? zlib.createGunzip()
    : zlib.createZstdDecompress();
  const native = (stream as unknown as { _handle: NativeHandle })._handle;
  const left = new Uint32Array(2);
  let problem = "";
  native.onerror = (message) => problem = message || "damaged data";
  const progress: ZlibProgress = { written: 0, next: 0 };
  return {
    write(input, start, output) {
      const length = input.length - start;
      call(zlib.constants.Z_NO_FLUSH, input, start, length, output);
      progress.written = output.length - (left[0] ?? 0);
      progress.next = input.length - (left[1] ?? 0);
      return progress;
    },
    finish(output) {
      call(zlib.constants.Z_FINISH, NO_INPUT, 0, 0, output);
    },
    close: () => native.close(),
  };

  function call(
    flush: number,
    input: Uint8Array,
    start: number,
    length: number,
    output: Bytes,
  ): void {
    const room = output.length;
    native.writeSync(flush, input, start, length, output, 0, room, left);
    if (problem !== "") throw new Error(problem);
  }
}
