/**
 * Binary strings: a character for each byte. Names in archives are bytes, mostly
 * but not always UTF-8; as such strings they are cheap keys, and stay exact.
 */

import { Buffer } from "node:buffer";
import type { Bytes } from "./bytes.ts";

const strictDecoder = new TextDecoder("utf-8", {
  fatal: true,
  ignoreBOM: true,
});
// deno-lint-ignore no-control-regex -- bytes below 128 are what it is about
const ASCII = /^[\x00-\x7f]*$/;

/** Reads bytes as a binary string. */
export function toBinaryString(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString("latin1");
}

/** The bytes of a binary string. */
export function fromBinaryString(binary: string): Bytes {
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** Decodes a binary string as UTF-8; `undefined` if it is none. */
export function decodeBinaryString(binary: string): string | undefined {
  if (ASCII.test(binary)) return binary;
  try {
    return strictDecoder.decode(fromBinaryString(binary));
  } catch {
    // Other encodings are legal in archives, only not as text.
    return undefined;
  }
}

/** What a binary string looks like in a message. */
export function showBinaryString(binary: string): string {
  const shown = decodeBinaryString(binary) ?? binary;
  return JSON.stringify(shown.length > 200 ? `${shown.slice(0, 200)}…` : shown);
}
