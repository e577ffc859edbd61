/** Reads one blob through, and goes on where a connection broke. */

import type { Abortable } from "../abort.ts";
import type { BlobSource } from "../formats/blob_source.ts";
import type { Bytes } from "../formats/bytes.ts";
import type { Descriptor } from "../formats/descriptor.ts";
import { BlobMismatchError, RegistryError } from "../image_errors.ts";
import { explainFailure } from "./explain_failure.ts";
import { sleep } from "./send_request.ts";

/** Options of {@linkcode readBlob}. */
export interface ReadBlobOptions extends Abortable {
  /** The first byte that is wanted; 0 is the default. */
  readonly offset?: number;
  /** How long the network may keep silent, in milliseconds; 60 s. */
  readonly stallTimeoutMs?: number;
  /** The pause before a broken connection is replaced; 1000 ms. */
  readonly reconnectDelayMs?: number;
  /** Told of each reconnection, and why there is one. */
  readonly onReconnect?: (reason: string) => void;
}

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

// Few calls, and the memory does not depend on the blob's size.
const BUFFER_SIZE = 256 * 1024;
const DEFAULT_STALL_TIMEOUT_MS = 60_000;
const DEFAULT_RECONNECT_DELAY_MS = 1000;
// containers/image's rule: a connection that brought this much, or lasted this
// long, may be replaced; one that did not would break for ever.
const MIN_PROGRESS = 1024 * 1024;
const MIN_INTERVAL_MS = 60_000;

/**
 * Reads a blob and hands each piece to `consume`, which must be done with it
 * when it returns: its memory is used again. Nothing is verified but the size.
 *
 * @param open Opens the blob, also at an offset.
 * @throws {BlobMismatchError} If the blob is longer than its size.
 * @throws {RegistryError} If its connections break before its end.
 * @throws What `open` and `consume` throw.
 */
export async function readBlob(
  open: BlobSource["open"],
  blob: Descriptor,
  consume: (chunk: Bytes) => void,
  options: ReadBlobOptions = {},
): Promise<void> {
  const { signal, reconnectDelayMs = DEFAULT_RECONNECT_DELAY_MS } = options;
  const progress: Progress = {
    received: options.offset ?? 0,
    buffer: new ArrayBuffer(BUFFER_SIZE),
  };
  let retried: { at: number; received: number } | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const body = await open(blob, { signal, offset: progress.received });
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
    const now = performance.now();
    const mayRetry = retried === undefined ||
      received - retried.received >= MIN_PROGRESS ||
      now - retried.at >= MIN_INTERVAL_MS;
    if (!mayRetry) {
      throw new RegistryError(
        `Cannot pull layer "${blob.digest}": got ${received} of ` +
          `${blob.size} bytes (${ending.reason})`,
      );
    }
    retried = { at: now, received };
    options.onReconnect?.(ending.reason);
    await sleep(reconnectDelayMs * (1 + Math.random() / 10), { signal });
  }
}

interface BodyOptions extends ReadBlobOptions {
  readonly blob: Descriptor;
  readonly consume: (chunk: Bytes) => void;
  readonly progress: Progress;
}

async function readBody(
  body: ReadableStream<Bytes>,
  options: BodyOptions,
): Promise<Ending> {
  const { blob, consume, progress, signal } = options;
  const reader = body.getReader({ mode: "byob" });
  using watch = watchForStalls(reader, options);
  try {
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
      consume(piece);
      progress.buffer = piece.buffer;
    }
  } finally {
    // No more is wanted; a connection that is done takes no harm.
    await reader.cancel().catch(() => {});
  }
}

/** Reads into the one buffer. A string says why there is no more. */
async function nextPiece(
  reader: ReadableStreamBYOBReader,
  { progress, signal, watch }: {
    readonly progress: Progress;
    readonly signal?: AbortSignal | undefined;
    readonly watch: StallWatch;
  },
): Promise<Bytes | string> {
  // A cancelled read keeps its buffer.
  const isLost = progress.buffer.byteLength === 0;
  if (isLost) progress.buffer = new ArrayBuffer(BUFFER_SIZE);
  try {
    watch.begin();
    const { done, value } = await reader.read(new Uint8Array(progress.buffer));
    signal?.throwIfAborted();
    if (watch.stalled !== undefined) return watch.stalled;
    return done ? "connection ended early" : value;
  } catch (error) {
    signal?.throwIfAborted();
    return watch.stalled ?? explainFailure(error);
  } finally {
    watch.end();
  }
}

interface StallWatch extends Disposable {
  /** What happened, once it has. */
  readonly stalled: string | undefined;
  /** Waiting for the network begins. */
  begin(): void;
  /** The network has answered: time that the consumer takes is its own. */
  end(): void;
}

function watchForStalls(
  reader: ReadableStreamBYOBReader,
  { stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS, signal }: BodyOptions,
): StallWatch {
  let waitingSince: number | undefined;
  let stalled: string | undefined;
  const abort = () => void reader.cancel().catch(() => {});
  // One coarse clock: a timer for each of thousands of reads would cost more.
  const timer = setInterval(() => {
    if (waitingSince === undefined) return;
    if (performance.now() - waitingSince < stallTimeoutMs) return;
    stalled = `no data for ${stallTimeoutMs / 1000} s`;
    abort();
  }, stallTimeoutMs / 4);
  signal?.addEventListener("abort", abort, { once: true });
  return {
    get stalled() {
      return stalled;
    },
    begin: () => waitingSince = performance.now(),
    end: () => waitingSince = undefined,
    [Symbol.dispose]() {
      clearInterval(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}

function mismatch(blob: Descriptor, why: string): BlobMismatchError {
  return new BlobMismatchError(`Cannot pull layer "${blob.digest}": ${why}`);
}
