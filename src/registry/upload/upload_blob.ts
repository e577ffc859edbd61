/**
 * Uploads one blob with retries: OCI distribution-spec v1.1, "Pushing a blob in
 * chunks".
 */

import { type Abortable, sleep } from "../../errors/abort.ts";
import { BlobMismatchError } from "../../errors/image_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import type {
  OutgoingBlob,
  WrittenBlob,
} from "../../formats/oci/image_medium.ts";
import { ChunkReader } from "./chunk_reader.ts";
import { Patience, UploadBrokenError } from "./patience.ts";
import { refusalOf, sendChunk, type Sending } from "./send_chunk.ts";
import { sendWhole } from "./send_whole.ts";
import { type UploadAccess, UploadSession } from "./upload_session.ts";
import type { UploadStyle } from "./upload_style.ts";

/** Options of {@linkcode uploadBlob}. */
export interface UploadBlobOptions extends Abortable {
  /** What cannot be done if it fails, such as `Cannot push layer "…"`. */
  readonly what: string;
  /** The known requirements of the registry. */
  readonly style: UploadStyle;
  /** An upload that was begun already. */
  readonly session?: UploadSession | undefined;
  /** Whether the registry has a blob: an answer may have been lost. */
  readonly has: (digest: Digest) => Promise<boolean>;
}

// The maximum of restarts.
const MAX_ROUNDS = 4;
const DEFAULT_DELAY_MS = 250;
// Configs, and the many layers that only change a file.
const MAX_MONOLITH = 1024 * 1024;
const MAX_CHUNK = 32 * 1024 * 1024;

/**
 * Uploads a blob. A broken upload is resumed or restarted.
 *
 * @throws {BlobMismatchError} If it is not as promised, here or there.
 * @throws {RegistryError} If the registry does not take it.
 */
export async function uploadBlob(
  access: UploadAccess,
  blob: OutgoingBlob,
  options: UploadBlobOptions,
): Promise<WrittenBlob> {
  const { delayMs = DEFAULT_DELAY_MS } = access.retry ?? {};
  let { session } = options;
  for (let round = 1;; round++) {
    try {
      options.signal?.throwIfAborted();
      session ??= await beginUpload(access, options);
      return await uploadOnce(blob, { ...options, session, access });
    } catch (error) {
      // After a failure, cancel the upload.
      await session?.cancel();
      session = undefined;
      if (!(error instanceof UploadBrokenError)) throw error;
      if (round === MAX_ROUNDS) throw error.refusal;
      await sleep(delayMs * 2 ** (round - 1), options);
    }
  }
}

async function beginUpload(
  access: UploadAccess,
  options: UploadBlobOptions,
): Promise<UploadSession> {
  const session = await UploadSession.start(access, options);
  if (session !== "mounted") return session;
  throw new TypeError("a mount that nobody asked for");
}

async function uploadOnce(
  blob: OutgoingBlob,
  options: UploadBlobOptions & {
    readonly session: UploadSession;
    readonly access: UploadAccess;
  },
): Promise<WrittenBlob> {
  const patience = new Patience(options.access.retry, options);
  const sending = { ...options, patience };
  const { style, session } = options;
  // Chunks are kept in memory until they are sent.
  const areChunksSmall = session.minChunkSize <= MAX_CHUNK;
  if (style.requests === "many" && areChunksSmall) {
    return await sendMany(blob, sending);
  }
  const written = await sendWhole(blob, sending);
  check(written, blob, options.what);
  await finish(written, sending);
  return written;
}

type Uploading = Sending & UploadBlobOptions & {
  readonly session: UploadSession;
};

/** Sends chunk by chunk, and reads the next one meanwhile. */
async function sendMany(
  blob: OutgoingBlob,
  sending: Uploading,
): Promise<WrittenBlob> {
  const { style, session, signal, what } = sending;
  const chunkSize = Math.max(style.chunkSize, session.minChunkSize);
  const stream = await blob.open();
  await using reader = new ChunkReader(stream, { chunkSize, signal });
  let chunk = await reader.read();
  const isSmall = chunk.isLast &&
    chunk.bytes.length <= Math.min(MAX_MONOLITH, style.requestSize);
  while (!isSmall) {
    const next = chunk.isLast ? undefined : reader.read();
    next?.catch(() => {}); // whoever waits for it is told
    await sendChunk(chunk, sending);
    if (next === undefined) break;
    chunk = await next;
  }
  const written = { digest: reader.digest(), size: reader.size };
  check(written, blob, what);
  await finish(written, {
    ...sending,
    ...(isSmall && { bytes: chunk.bytes }),
  });
  return written;
}

/** The source may be damaged: its bytes must match the digest. */
function check(
  written: WrittenBlob,
  { digest, size }: OutgoingBlob,
  what: string,
): void {
  if (size !== undefined && size !== written.size) {
    throw new BlobMismatchError(
      `${what}: it has ${written.size} bytes, expected ${size}`,
    );
  }
  if (digest === undefined || digest === written.digest) return;
  throw new BlobMismatchError(
    `${what}: its bytes have digest ${written.digest}`,
  );
}

/** Completes the upload with its digest. */
async function finish(
  { digest, size }: WrittenBlob,
  { bytes, ...sending }: Uploading & { readonly bytes?: Bytes },
): Promise<void> {
  const { session, style, patience, what, signal, has } = sending;
  const given = bytes === undefined ? { digest } : { digest, bytes };
  for (;;) {
    const step = await session.finish(given, sending);
    switch (step.kind) {
      case "done":
        if (step.digest === undefined || step.digest === digest) return;
        throw new BlobMismatchError(
          `${what}: the registry stored it as ${step.digest}`,
        );
      case "failed": {
        await patience.wait(step.error, step.waitMs);
        if (await has(digest)) return;
        const offset = await session.findOffset({ signal });
        if (offset === (bytes === undefined ? size : 0)) continue;
        throw new UploadBrokenError(step.error);
      }
      case "refused":
        if (step.error.status === 404 && await has(digest)) return;
        if (
          step.error.status === 413 && bytes !== undefined && style.shrink()
        ) {
          throw new UploadBrokenError(step.error);
        }
        throw refusalOf(step.error, style);
    }
  }
}
