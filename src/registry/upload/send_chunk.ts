/** Sends a chunk of a blob that is kept until the server has all of it. */

import { RegistryError } from "../../errors/image_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { Chunk } from "./chunk_reader.ts";
import { type Patience, UploadBrokenError } from "./patience.ts";
import type { SessionOptions, Step, UploadSession } from "./upload_session.ts";
import type { UploadStyle } from "./upload_style.ts";

/** An upload that is under way. */
export interface Sending extends SessionOptions {
  readonly session: UploadSession;
  readonly style: UploadStyle;
  readonly patience: Patience;
}

// A compromise between calls and memory.
const PIECE_SIZE = 64 * 1024;
// Statuses of a lost session.
const LOST_STATUSES = [404, 410];
const LOST_CODES = ["BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"];

/**
 * Sends a chunk, in several requests and with retries if needed.
 *
 * @throws {UploadBrokenError} If the server has lost what came before it.
 * @throws {RegistryError} If the server does not take it.
 */
export async function sendChunk(
  { start, bytes }: Chunk,
  sending: Sending,
): Promise<void> {
  const { session, style, patience, what } = sending;
  const end = start + bytes.length;
  for (let offset = start; offset < end;) {
    const size = Math.min(requestSizeOf(sending), end - offset);
    const part = bytes.subarray(offset - start, offset - start + size);
    const body = style.body === "bytes" ? part : () => piecesOf(part);
    const step = await session.patch({ offset, size, body }, sending);
    const reached = await offsetAfter(step, { ...sending, offset, size });
    if (reached < start || reached > offset + size) {
      throw new UploadBrokenError(
        lie(what, { reached, sent: offset + size }),
      );
    }
    if (reached > offset) patience.reset();
    else await patience.wait(lie(what, { reached, sent: offset + size }));
    offset = reached;
  }
}

function requestSizeOf({ session, style }: Sending): number {
  return Math.max(style.requestSize, session.minChunkSize);
}

/** How much of the blob the server has after a request. */
async function offsetAfter(
  step: Step,
  sending: Sending & { readonly offset: number; readonly size: number },
): Promise<number> {
  const { offset, size, session, style, patience } = sending;
  switch (step.kind) {
    case "done":
      return step.offset ?? offset + size;
    case "failed":
      await patience.wait(step.error, step.waitMs);
      return await askOffset(step.error, sending);
    case "refused": {
      const { error } = step;
      if (error.status === 411 && style.body === "stream") {
        style.body = "bytes";
        return offset;
      }
      const isSmaller = error.status === 413 &&
        size > session.minChunkSize && style.shrink();
      if (isSmaller) return offset;
      const reached = error.status === 416
        ? await askOffset(error, sending)
        : offset;
      // It is where we are: what it did not take is the range itself.
      if (reached !== offset) return reached;
      throw refusalOf(error, style);
    }
  }
}

/** Queries the offset; an unknown session is lost. */
async function askOffset(
  error: RegistryError,
  { session, signal }: Sending,
): Promise<number> {
  const offset = await session.findOffset({ signal });
  if (offset === undefined) throw new UploadBrokenError(error);
  return offset;
}

/** What a refusal means: another round may help, perhaps by one request for all. */
export function refusalOf(error: RegistryError, style: UploadStyle): Error {
  const { status, code } = error;
  if (LOST_STATUSES.includes(status) || LOST_CODES.includes(code)) {
    return new UploadBrokenError(error);
  }
  // These are about who asks, or what for: not about how.
  if ([401, 402, 403, 413, 429].includes(status)) return error;
  if (style.requests === "one") return error;
  style.requests = "one";
  return new UploadBrokenError(error);
}

function lie(
  what: string,
  { reached, sent }: { readonly reached: number; readonly sent: number },
): RegistryError {
  return new RegistryError(
    `${what}: the registry says that it has ${reached} bytes after ${sent} ` +
      "were sent",
    { reason: "malformed" },
  );
}

function piecesOf(bytes: Bytes): ReadableStream<Bytes> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at + PIECE_SIZE));
      at += PIECE_SIZE;
    },
  }, { highWaterMark: 0 });
}
