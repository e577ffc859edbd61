/** Fetches one blob, into a file until it has its turn to be decoded. */

import type { BlobAccess, BlobSource } from "../formats/blob_source.ts";
import type { Bytes } from "../formats/bytes.ts";
import {
  type DecodedLayer,
  decodeLayer,
  type LayerDecoder,
} from "../formats/decode_layer.ts";
import type { ArchiveSink } from "../formats/decompress.ts";
import { UnauthorizedError } from "../image_errors.ts";
import { readBlob } from "../registry/read_blob.ts";
import type { ReceiveJob } from "./layer_job.ts";
import { openAnyBlob } from "./open_any_blob.ts";
import { PartialBlob } from "./partial_blob.ts";

/** Told while a blob is on its way. */
export interface DownloadHandlers {
  onProgress(received: number): void;
  onRetry(reason: string): void;
  /** The access has ended: `giveAccess()` is waited for. */
  onUnauthorized(): void;
}

// Often enough for a progress bar, seldom enough to cost nothing.
const PROGRESS_MS = 100;
// So long what is in a file is decoded before other downloads are looked at.
const REPLAY_MS = 50;

/** A download. */
export class Download implements AsyncDisposable {
  readonly #job: ReceiveJob;
  readonly #handlers: DownloadHandlers;
  readonly #stop = new AbortController();
  readonly #turn = Promise.withResolvers<void>();
  #partial: PartialBlob | undefined;
  #fetching: Promise<void> | undefined;
  #hasEnded = false;
  /** Takes what is received as soon as nothing older is left in the file. */
  #decoder: LayerDecoder | undefined;
  #renewed: PromiseWithResolvers<BlobAccess> | undefined;
  #received = 0;
  #reportedAt = 0;
  #busyMs = 0;

  constructor(job: ReceiveJob, handlers: DownloadHandlers) {
    this.#job = job;
    this.#handlers = handlers;
    this.#stop.signal.addEventListener("abort", () => {
      this.#turn.reject(this.#stop.signal.reason);
      this.#renewed?.reject(this.#stop.signal.reason);
    });
  }

  /** Whether it takes a connection. */
  get isFetching(): boolean {
    return this.#fetching !== undefined && !this.#hasEnded;
  }

  /** Whether it may be fetched before its turn. */
  get mayStart(): boolean {
    return this.#fetching === undefined && this.#job.partial !== undefined;
  }

  /** The time for which it kept the thread busy since the last call, in ms. */
  takeBusyTime(): number {
    const busyMs = this.#busyMs;
    this.#busyMs = 0;
    return busyMs;
  }

  /** Begins to fetch. */
  begin(): void {
    this.#fetching ??= this.#fetch();
    // Who waits for its turn learns of it at once.
    this.#fetching.catch((error: unknown) => this.#turn.reject(error));
  }

  /** Lets `untilTurn()` return. */
  takeTurn(): void {
    this.#turn.resolve();
  }

  /** Waits for `takeTurn()`, or for a failure before. */
  untilTurn(): Promise<void> {
    return this.#turn.promise;
  }

  /**
   * Decodes the blob while it is received.
   *
   * @throws {InvalidLayerError} If it is damaged or too large.
   * @throws {RegistryError} If the registry does not give it.
   */
  async decode(sink: ArchiveSink): Promise<DecodedLayer> {
    const decoder = decodeLayer(sink, this.#job.limits);
    try {
      await this.#replay(decoder);
      this.begin();
      await this.#fetching;
      return decoder.finish();
    } catch (error) {
      decoder.abort();
      throw error;
    }
  }

  /** Makes it fail. */
  abort(): void {
    this.#stop.abort();
  }

  /** Gives it the access that it has asked for. */
  giveAccess(access: BlobAccess): void {
    this.#renewed?.resolve(access);
  }

  /** Ends what is under way: then nothing is written to the file any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#fetching?.catch(() => {}); // told by `decode()`
    this.#partial?.[Symbol.dispose]();
  }

  async #fetch(): Promise<void> {
    const { access, layer } = this.#job;
    try {
      const partial = this.#openPartial();
      await readBlob(
        this.#openWithRenewal(access),
        layer,
        (chunk) => this.#take(chunk),
        {
          offset: partial?.size ?? 0,
          signal: this.#stop.signal,
          onReconnect: (reason) => this.#handlers.onRetry(reason),
        },
      );
    } finally {
      this.#hasEnded = true;
    }
  }

  #openPartial(): PartialBlob | undefined {
    const { layer, partial } = this.#job;
    if (partial === undefined || this.#partial !== undefined) {
      return this.#partial;
    }
    this.#partial = new PartialBlob(partial, layer.size);
    this.#count(this.#partial.size);
    return this.#partial;
  }

  #take(chunk: Bytes): void {
    const start = performance.now();
    this.#partial?.append(chunk);
    this.#decoder?.write(chunk);
    this.#busyMs += performance.now() - start;
    this.#count(chunk.byteLength);
  }

  /** Decodes what is in the file, to which bytes are added meanwhile. */
  async #replay(decoder: LayerDecoder): Promise<void> {
    const partial = this.#openPartial();
    for (let offset = 0; partial !== undefined && offset < partial.size;) {
      const start = performance.now();
      while (offset < partial.size && performance.now() - start < REPLAY_MS) {
        const chunk = partial.read(offset);
        decoder.write(chunk);
        offset += chunk.byteLength;
      }
      this.#busyMs += performance.now() - start;
      if (offset === partial.size) break;
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#stop.signal.throwIfAborted();
    }
    this.#decoder = decoder; // no other chunk can come in between
  }

  #count(bytes: number): void {
    if (bytes === 0) return;
    this.#received += bytes;
    const now = performance.now();
    if (now - this.#reportedAt < PROGRESS_MS) return;
    this.#reportedAt = now;
    this.#handlers.onProgress(this.#received);
  }

  /** Opens blobs; asks for a new access when the one at hand has ended. */
  #openWithRenewal(first: BlobAccess): BlobSource["open"] {
    let access = first;
    return async (blob, options) => {
      try {
        return await openAnyBlob(access, blob, options);
      } catch (error) {
        this.#stop.signal.throwIfAborted();
        if (!(error instanceof UnauthorizedError)) throw error;
        this.#renewed = Promise.withResolvers();
        this.#handlers.onUnauthorized();
        access = await this.#renewed.promise;
        return await openAnyBlob(access, blob, options);
      }
    };
  }
}
