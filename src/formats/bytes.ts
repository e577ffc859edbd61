/** Bytes that own their buffer: what streams, hashes and files agree on. */

import { sum } from "./sum.ts";

/** A view of a plain, unshared buffer. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const strictDecoder = new TextDecoder("utf-8", {
  fatal: true,
  ignoreBOM: true,
});

/** Encodes text as UTF-8. */
export function toBytes(text: string): Bytes {
  return encoder.encode(text);
}

/** How many bytes a text takes as UTF-8. */
export function byteLengthOf(text: string): number {
  return toBytes(text).byteLength;
}

/** Decodes UTF-8; what is malformed becomes U+FFFD. */
export function toText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/**
 * Decodes UTF-8 strictly.
 *
 * @throws {TypeError} If the bytes are not UTF-8.
 */
export function toStrictText(bytes: Uint8Array): string {
  return strictDecoder.decode(bytes);
}

/** Joins chunks into one. */
export function concatBytes(chunks: readonly Uint8Array[]): Bytes {
  const total = sum(chunks.map(({ byteLength }) => byteLength));
  const whole = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
