/**
 * CRC-64/ISO as Go's `hash/crc64` computes it: what tar-split keeps of files.
 *
 * The polynomial x^64 + x^4 + x^3 + x + 1 is so sparse that no table is needed:
 * multiplying by x^64 is four shifts and exclusive ors. In WebAssembly, eight
 * words at a time, that is several times faster than any table.
 */

import type { Bytes } from "../bytes.ts";
import { CRC64_WASM } from "./crc64_wasm.ts";

/** A running checksum. */
export interface Crc64 {
  /** Starts again. */
  reset(): void;
  /** Adds bytes. */
  update(bytes: Uint8Array): void;
  /** The checksum of what was added, big-endian, as base64. */
  toBase64(): string;
}

/** A checksum that comes with a buffer which it reads without copying. */
export interface BufferedCrc64 extends Crc64 {
  /** What passes through here is checked fastest. */
  readonly buffer: Bytes;
}

// The state's place in the module's memory; see crc64_wasm.ts.
const STATE_BYTES = 8;
const PAGE_BYTES = 65_536;
const INVERTED = 0xffffffff;
const LITTLE_ENDIAN = true;

/**
 * Creates a checksum, in WebAssembly where the platform allows that.
 *
 * @param bufferBytes The length of its buffer.
 */
export function createCrc64(bufferBytes: number = PAGE_BYTES): BufferedCrc64 {
  try {
    return createWasmCrc64(bufferBytes);
  } catch {
    // No WebAssembly, or none with vectors: slower, but the same.
    return createPlainCrc64(bufferBytes);
  }
}

/** Creates the checksum in WebAssembly. */
export function createWasmCrc64(bufferBytes: number): BufferedCrc64 {
  const scratch = PAGE_BYTES;
  const start = 2 * PAGE_BYTES;
  const pages = Math.ceil((start + bufferBytes) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = new WebAssembly.Module(CRC64_WASM);
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const add = exports["add"] as (start: number, length: number) => void;
  const all = new Uint8Array(memory.buffer as ArrayBuffer);
  const state = new Uint32Array(memory.buffer, 0, 2);
  state.fill(INVERTED);
  return {
    buffer: all.subarray(start, start + bufferBytes),
    reset: () => void state.fill(INVERTED),
    update(bytes) {
      if (bytes.buffer === memory.buffer) {
        add(bytes.byteOffset, bytes.length);
        return;
      }
      for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
        const part = bytes.subarray(at, at + PAGE_BYTES);
        all.set(part, scratch);
        add(scratch, part.length);
      }
    },
    toBase64: () => stateToBase64(state[0] ?? 0, state[1] ?? 0),
  };
}

/** Creates the checksum in plain JavaScript. */
export function createPlainCrc64(bufferBytes: number): BufferedCrc64 {
  let low = -1;
  let high = -1;
  return {
    buffer: new Uint8Array(bufferBytes),
    reset() {
      low = -1;
      high = -1;
    },
    update(bytes) {
      const whole = bytes.length & ~7;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      let l = low;
      let h = high;
      for (let at = 0; at < whole; at += 8) {
        l ^= view.getInt32(at, LITTLE_ENDIAN);
        h ^= view.getInt32(at + 4, LITTLE_ENDIAN);
        h ^= (l << 28) ^ (l << 29) ^ (l << 31);
        const a = (l >>> 1 | h << 31) ^ (l >>> 3 | h << 29);
        l ^= a ^ (l >>> 4 | h << 28);
        h ^= (h >>> 1) ^ (h >>> 3) ^ (h >>> 4);
      }
      for (let at = whole; at < bytes.length; at++) {
        const over = (l ^ (bytes[at] ?? 0)) << 24;
        l = l >>> 8 | h << 24;
        h = h >>> 8 ^ over ^ (over >>> 1) ^ (over >>> 3) ^ (over >>> 4);
      }
      low = l;
      high = h;
    },
    toBase64: () => stateToBase64(low, high),
  };
}

function stateToBase64(low: number, high: number): string {
  const view = new DataView(new ArrayBuffer(STATE_BYTES));
  view.setUint32(0, ~high);
  view.setUint32(4, ~low);
  return new Uint8Array(view.buffer).toBase64();
}
