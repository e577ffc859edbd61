/** Sends a whole blob in one request, directly from its source. */

import { createHash, type Hash } from "node:crypto";
import type { Bytes } from "../../formats/bytes.ts";
import { endDigest } from "../../formats/oci/digest_of.ts";
import type {
  OutgoingBlob,
  WrittenBlob,
} from "../../formats/oci/image_medium.ts";
import { UploadBrokenError } from "./patience.ts";
import { refusalOf, type Sending } from "./send_chunk.ts";

/**
 * Sends a blob. If its digest is known, a broken upload is resumed.
 *
 * @throws {UploadBrokenError} If it must be begun again.
 * @throws {RegistryError} If the server does not take it.
 */
export async function sendWhole(
  blob: OutgoingBlob,
  sending: Sending,
): Promise<WrittenBlob> {
  const { session, style, patience, signal } = sending;
  for (let offset = 0;;) {
    const tally = new Tally();
    const from = offset;
    const body = () => readFrom(blob, { offset: from, tally });
    const step = await tally.orItsError(
      session.patch({ offset, body }, sending),
    );
    switch (step.kind) {
      case "done":
        return offset === 0 ? tally.total() : knownBlob(blob);
      case "refused":
        throw refusalOf(step.error, style);
      case "failed": {
        await patience.wait(step.error, step.waitMs);
        const reached = await session.findOffset({ signal });
        const canGoOn = reached === 0 ||
          (blob.digest !== undefined && reached !== undefined);
        if (!canGoOn) throw new UploadBrokenError(step.error);
        if (reached > offset) patience.reset();
        offset = reached;
      }
    }
  }
}

/** The server verifies it, as a part was not read again here. */
function knownBlob({ digest, size }: OutgoingBlob): WrittenBlob {
  if (digest === undefined || size === undefined) {
    throw new TypeError("Cannot go on with a blob that is not known");
  }
  return { digest, size };
}

/** Counts and hashes a body. */
class Tally {
  #hash: Hash = createHash("sha256");
  #size = 0;
  #error: { readonly reason: unknown } | undefined;

  begin(): void {
    this.#hash = createHash("sha256");
    this.#size = 0;
  }

  add(piece: Bytes): void {
    this.#hash.update(piece);
    this.#size += piece.length;
  }

  fail(reason: unknown): void {
    this.#error = { reason };
  }

  total(): WrittenBlob {
    return { digest: endDigest(this.#hash), size: this.#size };
  }

  /** If the source fails, its error is thrown instead of the connection's. */
  async orItsError<T>(sent: Promise<T>): Promise<T> {
    const result = await sent.catch((error) => {
      throw this.#error === undefined ? error : this.#error.reason;
    });
    if (this.#error !== undefined) throw this.#error.reason;
    return result;
  }
}

/** Opens the blob when its first byte is wanted: perhaps a second time. */
function readFrom(
  blob: OutgoingBlob,
  { offset, tally }: { readonly offset: number; readonly tally: Tally },
): ReadableStream<Bytes> {
  let reader: ReadableStreamDefaultReader<Bytes> | undefined;
  tally.begin();
  return new ReadableStream({
    async pull(controller) {
      try {
        reader ??= (await blob.open(offset)).getReader();
        const { done, value } = await reader.read();
        if (done) return controller.close();
        tally.add(value);
        controller.enqueue(value);
      } catch (error) {
        tally.fail(error);
        throw error;
      }
    },
    // What it fails with is no longer wanted.
    cancel: (reason) => reader?.cancel(reason).catch(() => {}),
  }, { highWaterMark: 0 });
}
