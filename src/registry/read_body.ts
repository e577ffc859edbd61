/** Reads small bodies completely, up to a limit. */

import type { Abortable } from "../errors/abort.ts";
import { type Bytes, concatBytes } from "../formats/bytes.ts";
import { decodeBody } from "./content_encoding.ts";

/** Options of {@linkcode readBody}. */
export interface ReadBodyOptions extends Abortable {
  /** In bytes. */
  readonly maxSize: number;
  /** How long it may take as a whole, in milliseconds; 60 s. */
  readonly bodyTimeoutMs?: number | undefined;
}

/** A body that took too long: a retry would take as long again. */
export class LateBodyError extends Error {
  static {
    this.prototype.name = "LateBodyError";
  }
}

// Seconds are usual for the largest manifest on the slowest line.
const DEFAULT_BODY_TIMEOUT_MS = 60_000;

/**
 * Discards a body, so that its connection is released. A failed body is ignored.
 */
export async function discardBody({ body }: Response): Promise<void> {
  await body?.cancel().catch(() => {});
}

/**
 * Reads a whole body.
 *
 * @throws {RangeError} If it is larger than allowed; the rest stays unread.
 */
export async function readBody(
  response: Response,
  options: ReadBodyOptions,
): Promise<Bytes> {
  const { maxSize, signal, bodyTimeoutMs = DEFAULT_BODY_TIMEOUT_MS } = options;
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const late = new LateBodyError(
    `body took more than ${bodyTimeoutMs / 1000} s`,
  );
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late), bodyTimeoutMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await Promise.race([reader.read(), timeout]);
      if (done) return decodeBody(response, concatBytes(chunks), options);
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
