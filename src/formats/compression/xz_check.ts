/** The checks of xz: "The .xz File Format" 1.2.1, 2.1.1.2. */

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Bytes } from "../bytes.ts";

/** A running check. */
export interface XzCheck {
  update(bytes: Bytes): void;
  /** As it is stored. */
  digest(): Uint8Array;
}

const NONE = 0;
const CRC32 = 1;
const CRC64 = 4;
const SHA256 = 10;
const LENGTHS: ReadonlyMap<number, number> = new Map([
  [NONE, 0],
  [CRC32, 4],
  [CRC64, 8],
  [SHA256, 32],
]);
const BYTE_VALUES = 256;
// ECMA-182's polynomial, reflected.
const POLYNOMIAL = { high: 0xc96c5795, low: 0xd7870f42 };
const LITTLE_ENDIAN = true;

/** Whether a kind of check is known. */
export function isXzCheck(kind: number): boolean {
  return LENGTHS.has(kind);
}

/** How many bytes a check has. */
export function xzCheckBytes(kind: number): number {
  return LENGTHS.get(kind) ?? 0;
}

/** Begins a check of a known kind. */
export function createXzCheck(kind: number): XzCheck {
  if (kind === SHA256) {
    const hash = createHash("sha256");
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => hash.digest(),
    };
  }
  if (kind === CRC64) return createCrc64Check();
  if (kind === CRC32) return createCrc32Check();
  return { update() {}, digest: () => new Uint8Array(0) };
}

function createCrc32Check(): XzCheck {
  let sum = 0;
  return {
    update: (bytes) => void (sum = crc32(bytes, sum)),
    digest() {
      const view = new DataView(new ArrayBuffer(4));
      view.setUint32(0, sum, LITTLE_ENDIAN);
      return new Uint8Array(view.buffer);
    },
  };
}

/** In two halves, since JavaScript's integers have 32 bits. */
function createCrc64Check(): XzCheck {
  const { highs, lows } = makeTables();
  let high = -1;
  let low = -1;
  return {
    update(bytes) {
      for (let at = 0; at < bytes.length; at++) {
        const index = (low ^ (bytes[at] ?? 0)) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ (lows[index] ?? 0);
        high = (high >>> 8) ^ (highs[index] ?? 0);
      }
    },
    digest() {
      const view = new DataView(new ArrayBuffer(8));
      view.setInt32(0, ~low, LITTLE_ENDIAN);
      view.setInt32(4, ~high, LITTLE_ENDIAN);
      return new Uint8Array(view.buffer);
    },
  };
}

function makeTables(): {
  readonly highs: Int32Array;
  readonly lows: Int32Array;
} {
  const highs = new Int32Array(BYTE_VALUES);
  const lows = new Int32Array(BYTE_VALUES);
  for (let byte = 0; byte < BYTE_VALUES; byte++) {
    let high = 0;
    let low = byte;
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (low & 1) !== 0;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (!isOdd) continue;
      low ^= POLYNOMIAL.low;
      high ^= POLYNOMIAL.high;
    }
    highs[byte] = high;
    lows[byte] = low;
  }
  return { highs, lows };
}
