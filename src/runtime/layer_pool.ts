/** Workers that fetch and unpack layers, with no more permissions than that. */

import type { Abortable } from "../abort.ts";
import type { BlobAccess } from "../formats/blob_source.ts";
import { HostNotPermittedError, RegistryError } from "../image_errors.ts";
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

/** What a worker is to do; how it reaches the blob is the pool's to say. */
export type LayerTask = Omit<LayerJob, "access">;

/** Told while a layer is on its way. */
export interface LayerTaskOptions extends Abortable {
  /** Called before each attempt: makes the task's directory empty. */
  prepare(): void;
  onProgress(received: number): void;
  onRetry(reason: string): void;
}

// A worker looks up between two chunks, which takes it milliseconds.
const ABORT_GRACE_MS = 2_000;
// As many as redirects: a registry that names new ones for ever gets nowhere.
const MAX_OTHER_HOSTS = 10;

/** Runs jobs in workers; disposing ends them, in the middle of a job too. */
export class LayerPool implements Disposable {
  readonly #options: LayerPoolOptions;
  /** With the hosts that each may reach. */
  readonly #workers = new Map<Worker, readonly string[]>();
  readonly #idle: Worker[] = [];
  readonly #waiting: (() => void)[] = [];
  /** Registries send clients to other hosts, which are known only then. */
  readonly #hosts: Set<string>;
  /** The newest. */
  #access: BlobAccess;
  #renewal: Promise<BlobAccess> | undefined;
  #running = 0;

  constructor(options: LayerPoolOptions) {
    this.#options = options;
    this.#access = options.access;
    this.#hosts = new Set(hostsOf(options.access));
  }

  /**
   * Runs a task as soon as a worker is free.
   *
   * @throws {InvalidLayerError} If the layer is damaged or hostile.
   * @throws {BlobMismatchError} If the blob is not as promised.
   * @throws {RegistryError} If the registry does not give it.
   */
  async run(
    task: LayerTask,
    options: LayerTaskOptions,
  ): Promise<UnpackedLayer> {
    await this.#takeTurn();
    try {
      for (let attempt = 1;; attempt++) {
        options.signal?.throwIfAborted();
        options.prepare();
        const worker = this.#idle.pop() ?? this.#start();
        try {
          const layer = await this.#runIn(worker, task, options);
          this.#idle.push(worker);
          return layer;
        } catch (error) {
          const isNews = this.#mayAlsoReach(worker, error);
          this.#end(worker);
          if (!isNews) throw error;
          if (attempt > MAX_OTHER_HOSTS) throw tooManyHosts(error);
        }
      }
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  /** Ends all workers. */
  [Symbol.dispose](): void {
    for (const worker of [...this.#workers.keys()]) this.#end(worker);
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
    const url = new URL("./layer_worker.ts", import.meta.url);
    const hosts = [...this.#hosts];
    const worker = new Worker(url, workerOptions(this.#options, hosts));
    this.#workers.set(worker, hosts);
    return worker;
  }

  #end(worker: Worker): void {
    worker.terminate();
    this.#workers.delete(worker);
  }

  /** A redirect led to a host that the worker may not reach: a new one may. */
  #mayAlsoReach(worker: Worker, error: unknown): boolean {
    if (!(error instanceof HostNotPermittedError)) return false;
    if (this.#workers.get(worker)?.includes(error.host)) return false;
    this.#hosts.add(error.host);
    for (const worker of this.#idle.splice(0)) this.#end(worker);
    return true;
  }

  #runIn(
    worker: Worker,
    task: LayerTask,
    { signal, onProgress, onRetry }: LayerTaskOptions,
  ): Promise<UnpackedLayer> {
    const { promise, resolve, reject } = Promise.withResolvers<UnpackedLayer>();
    let grace: ReturnType<typeof setTimeout> | undefined;
    let access = this.#access;
    const renew = async () => {
      access = await this.#renew(access);
      send(worker, { kind: "access", access });
    };
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
          return void renew().catch(reject);
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
    send(worker, { kind: "job", job: { ...task, access } });
    return promise.finally(() => {
      clearTimeout(grace);
      signal?.removeEventListener("abort", abort);
    });
  }

  /** A login that ended for several workers is renewed once. */
  async #renew(ended: BlobAccess): Promise<BlobAccess> {
    if (ended === this.#access) {
      this.#renewal ??= this.#options.renewAccess();
      try {
        this.#access = await this.#renewal;
      } finally {
        this.#renewal = undefined;
      }
    }
    return this.#access;
  }
}

/** What a worker is started with: it may do what these say, nothing else. */
export function workerOptions(
  { access, directories }: Pick<LayerPoolOptions, "access" | "directories">,
  hosts: readonly string[] = hostsOf(access),
): WorkerOptions {
  const layouts = access.kind === "layout" ? [access.directory] : [];
  return {
    type: "module",
    name: "layer",
    deno: {
      permissions: {
        net: [...hosts],
        read: [...directories, ...layouts],
        write: [...directories],
        env: false,
        ffi: false,
        import: false,
        run: false,
        sys: false,
      },
    },
  };
}

function tooManyHosts(cause: unknown): RegistryError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RegistryError(
    `Cannot pull layer: redirects to more than ${MAX_OTHER_HOSTS} hosts; ` +
      `the last one: ${why}`,
    // A status, so that nobody takes it for a server that does not answer.
    { status: 502, cause },
  );
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
