/** Reads small bodies whole, and never more than was agreed. */

import type { Abortable } from "../abort.ts";
import { type Bytes, concatBytes } from "../formats/bytes.ts";

/** Options of {@linkcode readBody}. */
export interface ReadBodyOptions extends Abortable {
  /** In bytes. */
  readonly maxSize: number;
}

// As long as a registry may keep silent in the middle of a manifest.
const BODY_TIMEOUT_MS = 60_000;

/**
 * Reads a whole body.
 *
 * @throws {RangeError} If it is larger than allowed; the rest stays unread.
 */
export async function readBody(
  response: Response,
  { maxSize, signal }: ReadBodyOptions,
): Promise<Bytes> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const late = new Error(`body took more than ${BODY_TIMEOUT_MS / 1000} s`);
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late), BODY_TIMEOUT_MS);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await Promise.race([reader.read(), timeout]);
      if (done) return concatBytes(chunks);
      size += value.byteLength;
      if (size > maxSize) throw new RangeError(`larger than ${maxSize} bytes`);
      chunks.push(value);
    }
  } catch (error) {
    // Else the connection would stay busy. What it fails with is known.
    await reader.cancel().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
