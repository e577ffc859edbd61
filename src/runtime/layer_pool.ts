/** Workers that fetch and unpack layers, with no more permissions than that. */

import type { Abortable } from "../abort.ts";
import { HostNotPermittedError } from "../errors.ts";
import type { BlobAccess } from "../formats/blob_source.ts";

import type { UnpackedLayer } from "../store/unpack_layer.ts";
import {
  fromErrorData,
  type LayerJob,
  type WorkerReport,
  type WorkerRequest,
} from "./layer_job.ts";

/** How to open a pool. */
export interface LayerPoolOptions {
  /** How many layers are unpacked at once. */
  readonly size: number;
  /** The only directories that workers may read and write. */
  readonly directories: readonly string[];
  /** How workers reach blobs: it decides what else they may. */
  readonly access: BlobAccess;
  /** Called when a token has run out; answers with a new one. */
  renewAccess(): Promise<BlobAccess>;
}

/** Told while a layer is on its way. */
export interface LayerJobOptions extends Abortable {
  onProgress(received: number): void;
  onRetry(reason: string): void;
}

// A worker looks up between two chunks, which takes it milliseconds.
const ABORT_GRACE_MS = 2_000;

/** Runs jobs in workers; disposing ends them, in the middle of a job too. */
export class LayerPool implements Disposable {
  readonly #options: LayerPoolOptions;
  readonly #workers = new Set<Worker>();
  readonly #idle: Worker[] = [];
  readonly #waiting: (() => void)[] = [];
  /** Registries send clients to other hosts, which are known only then. */
  readonly #hosts: Set<string>;
  #running = 0;

  constructor(options: LayerPoolOptions) {
    this.#options = options;
    this.#hosts = new Set(hostsOf(options.access));
  }

  /**
   * Runs a job as soon as a worker is free.
   *
   * @throws {InvalidLayerError} If the layer is damaged or hostile.
   * @throws {BlobMismatchError} If the blob is not as promised.
   * @throws {RegistryError} If the registry does not give it.
   */
  async run(job: LayerJob, options: LayerJobOptions): Promise<UnpackedLayer> {
    await this.#takeTurn();
    try {
      for (;;) {
        options.signal?.throwIfAborted();
        const worker = this.#idle.pop() ?? this.#start();
        try {
          const layer = await this.#runIn(worker, job, options);
          this.#idle.push(worker);
          return layer;
        } catch (error) {
          this.#end(worker);
          if (!this.#mayAlsoReach(error)) throw error;
        }
      }
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  /** Ends all workers. */
  [Symbol.dispose](): void {
    for (const worker of [...this.#workers]) this.#end(worker);
  }

  async #takeTurn(): Promise<void> {
    while (this.#running >= this.#options.size) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    this.#running++;
  }

  #start(): Worker {
    const { access, directories } = this.#options;
    const layouts = access.kind === "layout" ? [access.directory] : [];
    const worker = new Worker(new URL("./layer_worker.ts", import.meta.url), {
      type: "module",
      name: "layer",
      deno: {
        permissions: {
          net: [...this.#hosts],
          read: [...directories, ...layouts],
          write: [...directories],
        },
      },
    });
    this.#workers.add(worker);
    return worker;
  }

  #end(worker: Worker): void {
    worker.terminate();
    this.#workers.delete(worker);
  }

  /** A redirect led to a host that the worker may not reach: a new one may. */
  #mayAlsoReach(error: unknown): boolean {
    if (!(error instanceof HostNotPermittedError)) return false;
    if (this.#hosts.has(error.host)) return false;
    this.#hosts.add(error.host);
    for (const worker of this.#idle.splice(0)) this.#end(worker);
    return true;
  }

  #runIn(
    worker: Worker,
    job: LayerJob,
    { signal, onProgress, onRetry }: LayerJobOptions,
  ): Promise<UnpackedLayer> {
    const { promise, resolve, reject } = Promise.withResolvers<UnpackedLayer>();
    let grace: ReturnType<typeof setTimeout> | undefined;
    // Ended at once, it could still write while its directory is removed.
    const abort = () => {
      send(worker, { kind: "abort" });
      grace = setTimeout(() => reject(signal?.reason), ABORT_GRACE_MS);
    };
    signal?.addEventListener("abort", abort, { once: true });
    worker.onmessage = ({ data }: MessageEvent<WorkerReport>) => {
      switch (data.kind) {
        case "progress":
          return onProgress(data.received);
        case "retry":
          return onRetry(data.reason);
        case "unauthorized":
          return void this.#renew(worker).catch(reject);
        case "done":
          return resolve(data.layer);
        case "failed":
          return reject(
            signal?.aborted ? signal.reason : fromErrorData(data.error),
          );
      }
    };
    worker.onerror = (event) => {
      event.preventDefault(); // or it would end the whole process
      reject(new Error(`Cannot unpack layer: ${event.message}`));
    };
    send(worker, { kind: "job", job });
    return promise.finally(() => {
      clearTimeout(grace);
      signal?.removeEventListener("abort", abort);
    });
  }

  async #renew(worker: Worker): Promise<void> {
    const access = await this.#options.renewAccess();
    send(worker, { kind: "access", access });
  }
}

function send(worker: Worker, request: WorkerRequest): void {
  worker.postMessage(request);
}

function hostsOf(access: BlobAccess): readonly string[] {
  if (access.kind !== "http") return [];
  const url = new URL(access.repositoryUrl);
  return [url.port === "" ? `${url.hostname}:${defaultPort(url)}` : url.host];
}

function defaultPort({ protocol }: URL): number {
  return protocol === "https:" ? 443 : 80;
}
