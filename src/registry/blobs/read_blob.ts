/** Reads a whole blob, and resumes after broken connections. */

import { type Abortable, sleep } from "../../errors/abort.ts";
import { categoryOf } from "../../errors/category.ts";
import { BlobMismatchError, RegistryError } from "../../errors/image_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { BlobSource } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import { explainFailure } from "../explain_failure.ts";
import {
  type TransferLimits,
  type TransferWatch,
  watchTransfer,
} from "./watch_transfer.ts";

/** Options of {@linkcode readBlob}. */
export interface ReadBlobOptions extends Abortable, TransferLimits {
  /** The first byte to read; 0 is the default. */
  readonly offset?: number;
  /**
   * The position to stop at, called repeatedly: the rest may be fetched in parts.
   * More bytes may be consumed.
   */
  readonly end?: (() => number) | undefined;
  /** With 1, no broken connection is replaced. */
  readonly tries?: number | undefined;
  /** The pause before a broken connection is replaced; 1000 ms. */
  readonly reconnectDelayMs?: number;
  /** Called for each reconnection, and why there is one. */
  readonly onReconnect?: ((reason: string) => void) | undefined;
}

/** Consumes a chunk of a blob. */
export type Consume =
  | ((chunk: Bytes) => void)
  | ((chunk: Bytes) => Promise<void>);

/** Why a body ended. */
type Ending =
  | { readonly kind: "complete" }
  | { readonly kind: "too-long" }
  | { readonly kind: "broken"; readonly reason: string };

interface Progress {
  /** Bytes of the blob that were consumed, or skipped by the offset. */
  received: number;
  buffer: ArrayBuffer;
}

// A compromise between calls and memory.
const BUFFER_SIZE = 256 * 1024;
const DEFAULT_RECONNECT_DELAY_MS = 1000;
// A connection that received this much may always be replaced, as in
// containers/image. After two in a row with less, the read fails.
const MIN_PROGRESS = 1024 * 1024;
const MAX_FAILURES = 2;

/**
 * Reads a blob and hands each piece to `consume`, which must be done with it when
 * it returns, or when its promise is resolved: its memory is used again. Nothing
 * is verified but the size.
 *
 * @param open Opens the blob, also at an offset.
 * @throws {BlobMismatchError} If the blob is longer than its size.
 * @throws {RegistryError} If its connections break before its end.
 * @throws What `open` and `consume` throw.
 */
export async function readBlob(
  open: BlobSource["open"],
  blob: Descriptor,
  consume: Consume,
  options: ReadBlobOptions = {},
): Promise<void> {
  const { signal, reconnectDelayMs = DEFAULT_RECONNECT_DELAY_MS } = options;
  const progress: Progress = {
    received: options.offset ?? 0,
    buffer: new ArrayBuffer(BUFFER_SIZE),
  };
  let failures = 0;
  for (;;) {
    signal?.throwIfAborted();
    const before = progress.received;
    const body = await open(blob, { signal, offset: before });
    const ending = await readBody(body, {
      ...options,
      blob,
      consume,
      progress,
    });
    if (ending.kind === "complete") return;
    if (ending.kind === "too-long") {
      throw mismatch(blob, `got more than ${blob.size} bytes`);
    }
    const { received } = progress;
    if (isEnough(received, { ...options, blob })) return;
    failures = received - before < MIN_PROGRESS ? failures + 1 : 0;
    if (failures > MAX_FAILURES || options.tries === 1) {
      throw new RegistryError(
        `Cannot pull layer "${blob.digest}": got ${received} of ` +
          `${blob.size} bytes (${ending.reason})`,
        { reason: "interrupted" },
      );
    }
    options.onReconnect?.(ending.reason);
    await sleep(reconnectDelayMs * (1 + Math.random() / 10), { signal });
  }
}

interface BodyOptions extends ReadBlobOptions {
  readonly blob: Descriptor;
  readonly consume: Consume;
  readonly progress: Progress;
}

async function readBody(
  body: ReadableStream<Bytes>,
  options: BodyOptions,
): Promise<Ending> {
  const { blob, consume, progress, signal } = options;
  const reader = body.getReader({ mode: "byob" });
  const cancel = () => void reader.cancel().catch(() => {});
  using watch = watchTransfer(cancel, options);
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    signal?.throwIfAborted(); // while it was opened
    for (;;) {
      const piece = await nextPiece(reader, { progress, signal, watch });
      if (typeof piece === "string") {
        return progress.received === blob.size
          ? { kind: "complete" }
          : { kind: "broken", reason: piece };
      }
      if (progress.received + piece.byteLength > blob.size) {
        return { kind: "too-long" };
      }
      progress.received += piece.byteLength;
      // Not awaited if it is synchronous, to avoid a turn of the event loop.
      const consumed = consume(piece);
      if (consumed instanceof Promise) await consumed;
      progress.buffer = piece.buffer;
      if (isEnough(progress.received, options)) return { kind: "complete" };
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
    // Cancel the rest of the body.
    await reader.cancel().catch(() => {});
  }
}

/** To the end of a blob it is read to see that there is no more. */
function isEnough(
  received: number,
  { blob, end = () => blob.size }: ReadBlobOptions & {
    readonly blob: Descriptor;
  },
): boolean {
  const enough = end();
  return enough < blob.size && received >= enough;
}

/** Reads into the one buffer. A string says why there is no more. */
async function nextPiece(
  reader: ReadableStreamBYOBReader,
  { progress, signal, watch }: {
    readonly progress: Progress;
    readonly signal?: AbortSignal | undefined;
    readonly watch: TransferWatch;
  },
): Promise<Bytes | string> {
  // A cancelled read keeps its buffer.
  const isLost = progress.buffer.byteLength === 0;
  if (isLost) progress.buffer = new ArrayBuffer(BUFFER_SIZE);
  let count = 0;
  try {
    watch.begin();
    const { done, value } = await reader.read(new Uint8Array(progress.buffer));
    signal?.throwIfAborted();
    if (watch.problem !== undefined) return watch.problem;
    if (done) return "connection ended early";
    count = value.byteLength;
    return value;
  } catch (error) {
    signal?.throwIfAborted();
    // It says already what is wrong, as that a file of a store is missing: that
    // is no connection, and asking again is no use.
    const isKnown = !(error instanceof RegistryError) &&
      categoryOf(error) !== "internal";
    if (isKnown) throw error;
    return watch.problem ?? explainFailure(error);
  } finally {
    watch.end(count);
  }
}

function mismatch(blob: Descriptor, why: string): BlobMismatchError {
  return new BlobMismatchError(`Cannot pull layer "${blob.digest}": ${why}`);
}
