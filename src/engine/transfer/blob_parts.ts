/**
 * Fetches the end of a blob over more connections, while its beginning still comes
 * over the first. Parts are kept in memory until their turn, so the file only grows
 * at its end: readers, and a resume after a kill, need no changes. If a server
 * gives no parts, the first connection goes on.
 */

import { type Abortable, linkSignals } from "../../errors/abort.ts";
import { BlobMismatchError, RegistryError } from "../../errors/image_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { BlobSource } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import { readBlob } from "../../registry/blobs/read_blob.ts";
import type { RetryRules } from "../../registry/send_request.ts";
import { DEFAULT_PART_RULES, type PartRules } from "../part_rules.ts";

/** What to fetch, and how to write it. */
export interface BlobPartsOptions extends Abortable {
  readonly source: BlobSource;
  readonly blob: Descriptor;
  readonly retry?: RetryRules | undefined;
  readonly rules: PartRules;
  /** Only one blob at a time is fetched in parts. */
  readonly turn: PartsTurn;
  /** Adds bytes to the file. */
  write(bytes: Bytes): void;
  /** Called when parts begin. */
  onBegin(): void;
  onRetry(reason: string): void;
}

/** Serializes fetches in parts. */
export interface PartsTurn {
  isTaken: boolean;
}

/** A part that is being received. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly buffer: Bytes;
  /** The bytes received. */
  filled: number;
  /** The bytes written to the file. */
  flushed: number;
  readonly done: PromiseWithResolvers<void>;
}

// How long a server may take to answer, before the first connection reaches that
// position; doubled after each failure.
const FIRST_PROBE_SECONDS = 0.5;
const MAX_PROBE_SECONDS = 8;

/** The parts of one blob. Dispose it before the file is closed. */
export class BlobParts implements AsyncDisposable {
  readonly #options: BlobPartsOptions;
  readonly #rules: Required<{ [K in keyof PartRules]: number }>;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #running = new Set<Promise<void>>();
  readonly #parts = new Set<Part>();
  #state: "watching" | "probing" | "fetching" | "off";
  #hasTurn = false;
  #probeSeconds = FIRST_PROBE_SECONDS;
  #failure: unknown;
  /** When, and at which position, the first connection was first observed. */
  #since: { readonly time: number; readonly received: number } | undefined;
  /** The part of that time that was spent on writing. */
  #busyMs = 0;
  /** The bytes in the file. */
  #received = 0;
  /** The position of the next part. */
  #next: number;
  #begin: number;

  constructor(options: BlobPartsOptions) {
    const { source, blob, rules, signal } = options;
    this.#options = options;
    const given = Object.entries(rules).filter(([, v]) => v !== undefined);
    this.#rules = { ...DEFAULT_PART_RULES, ...Object.fromEntries(given) };
    this.#signal = linkSignals(this.#stop.signal, signal);
    this.#begin = this.#next = blob.size;
    const isOn = source.openRange !== undefined && this.#rules.connections > 1;
    this.#state = isOn ? "watching" : "off";
  }

  /** The position where the first connection may end. */
  get begin(): number {
    return this.#begin;
  }

  /**
   * Observes the progress of the file, and requests parts if it is slow.
   *
   * @param busyMs How long the write took, which does not count as network time.
   */
  observe(received: number, busyMs = 0): void {
    this.#received = received;
    if (this.#state !== "watching") return;
    const now = performance.now();
    this.#since ??= { time: now, received };
    this.#busyMs += busyMs;
    const elapsedMs = now - this.#since.time - this.#busyMs;
    const { above, slowBelow, watchMs } = this.#rules;
    if (this.#options.blob.size - received < above) this.#state = "off";
    if (this.#state === "off" || elapsedMs < watchMs) return;
    const rate = (received - this.#since.received) / elapsedMs * 1000;
    this.#since = { time: now, received };
    this.#busyMs = 0;
    if (rate >= slowBelow || this.#options.turn.isTaken) return;
    this.#state = "probing";
    this.#hasTurn = this.#options.turn.isTaken = true;
    this.#run(this.#probe(rate));
  }

  /**
   * Waits for all parts, after the first connection has reached their beginning.
   *
   * @returns The position where they failed; the blob's size if they did not.
   * @throws {NoSpaceError} If the disk is full.
   */
  async finish(): Promise<number> {
    const { blob } = this.#options;
    if (this.#begin === blob.size) return blob.size;
    this.#flush();
    this.#run(this.#fetchParts());
    while (this.#running.size > 0) await Promise.all(this.#running);
    if (this.#failure !== undefined && !isTransient(this.#failure)) {
      throw this.#failure;
    }
    return this.#received;
  }

  /** Ends running requests. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#giveTurn();
  }

  #giveTurn(): void {
    if (this.#hasTurn) this.#options.turn.isTaken = false;
    this.#hasTurn = false;
  }

  /** The first part shows whether the server gives parts. */
  async #probe(rate: number): Promise<void> {
    const { blob, onBegin } = this.#options;
    const { connections, partBytes } = this.#rules;
    const ahead = Math.max(partBytes, Math.ceil(rate * this.#probeSeconds));
    const begin = this.#received + ahead;
    const end = Math.min(begin + partBytes, blob.size);
    const body = begin < blob.size
      ? await this.#open(begin, end).catch(() => undefined)
      : undefined;
    const isLate = this.#received >= begin;
    if (body === undefined || isLate) {
      await body?.cancel().catch(() => {});
      this.#probeSeconds *= 2;
      const mayTryAgain = body !== undefined &&
        this.#probeSeconds <= MAX_PROBE_SECONDS;
      this.#state = mayTryAgain ? "watching" : "off";
      this.#giveTurn();
      return;
    }
    this.#state = "fetching";
    this.#begin = this.#next = begin;
    onBegin();
    this.#run(this.#fetchParts(body));
    for (let n = 2; n < connections; n++) this.#run(this.#fetchParts());
  }

  /** One connection: part after part. */
  async #fetchParts(opened?: ReadableStream<Bytes>): Promise<void> {
    const { size } = this.#options.blob;
    const { partBytes } = this.#rules;
    let body = opened;
    let buffer: Bytes | undefined;
    while (this.#next < size && !this.#stop.signal.aborted) {
      const start = this.#next;
      const end = this.#next = Math.min(start + partBytes, size);
      buffer ??= new Uint8Array(partBytes);
      const done = Promise.withResolvers<void>();
      const part = { start, end, buffer, filled: 0, flushed: 0, done };
      this.#parts.add(part);
      await this.#fetchPart(part, body);
      body = undefined;
      await done.promise; // its memory is reused for the next one
    }
  }

  async #fetchPart(
    part: Part,
    opened: ReadableStream<Bytes> | undefined,
  ): Promise<void> {
    const { blob, retry, onRetry } = this.#options;
    let body = opened;
    await readBlob(
      async (_, { offset = part.start } = {}) => {
        const stream = body ?? await this.#open(offset, part.end);
        body = undefined;
        if (stream !== undefined) return stream;
        throw new RegistryError(
          `Cannot pull layer "${blob.digest}": no part of it is given`,
          { reason: "malformed" },
        );
      },
      { ...blob, size: part.end },
      (chunk) => {
        part.buffer.set(chunk, part.filled);
        part.filled += chunk.length;
        this.#flush();
      },
      {
        ...{ ...retry, offset: part.start },
        ...{ signal: this.#signal, onReconnect: onRetry },
      },
    );
  }

  #open(
    offset: number,
    end: number,
  ): Promise<ReadableStream<Bytes> | undefined> {
    const { source, blob } = this.#options;
    const range = { offset, end, signal: this.#signal };
    return source.openRange?.(blob, range) ?? Promise.resolve(undefined);
  }

  /** Writes the parts that are next in order. */
  #flush(): void {
    for (const part of this.#parts) {
      if (part.start + part.flushed !== this.#received) return;
      const bytes = part.buffer.subarray(part.flushed, part.filled);
      part.flushed = part.filled;
      if (bytes.length > 0) this.#options.write(bytes);
      if (part.start + part.flushed < part.end) return;
      this.#parts.delete(part);
      part.done.resolve();
    }
  }

  /** After a failed part, the later ones are useless. */
  #run(work: Promise<void>): void {
    const running = work.catch((error) => {
      this.#failure ??= error;
      this.#end();
    }).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  #end(): void {
    this.#stop.abort();
    for (const { done } of this.#parts) done.resolve();
  }
}

/** Whether a single connection may still succeed. */
function isTransient(error: unknown): boolean {
  return error instanceof RegistryError || error instanceof BlobMismatchError;
}
