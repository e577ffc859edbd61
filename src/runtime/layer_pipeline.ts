/** Receives and unpacks the layers of one image, one after the other. */

import type { BlobAccess } from "../formats/blob_source.ts";
import { HostNotPermittedError, RegistryError } from "../image_errors.ts";
import type { UnpackedLayer } from "./layer_job.ts";
import { hostsOf, type WorkerReach } from "./worker_options.ts";
import {
  type LayerHandlers,
  type LayerJob,
  WorkerPair,
} from "./worker_pair.ts";

/** How to open a pipeline. */
export interface LayerPipelineOptions extends WorkerReach {
  /** Called when a token has run out; answers with a new one. */
  renewAccess(): Promise<BlobAccess>;
  /** Called when a large file was written. */
  onWritten(path: string, bytes: number): void;
}

/** What is to be done; how a worker reaches the blob is the pipeline's to say. */
export type LayerTask = Omit<LayerJob, "access">;

/** Told while a layer is on its way. */
export type LayerTaskOptions = Omit<
  LayerHandlers,
  "onUnauthorized" | "onWritten"
>;

// As many as redirects: a registry that names new ones for ever gets nowhere.
const MAX_OTHER_HOSTS = 10;

/** Runs tasks; disposing ends the workers, in a task at the next chunk. */
export class LayerPipeline implements Disposable {
  readonly #options: LayerPipelineOptions;
  #pair: WorkerPair | undefined;
  /** Registries send clients to other hosts, which are known only then. */
  readonly #hosts: Set<string>;
  /** The newest. */
  #access: BlobAccess;
  #renewal: Promise<BlobAccess> | undefined;

  constructor(options: LayerPipelineOptions) {
    this.#options = options;
    this.#access = options.access;
    this.#hosts = new Set(hostsOf(options.access));
  }

  /**
   * Receives and unpacks a layer, after those of earlier calls; fetching may begin
   * before.
   *
   * @throws {InvalidLayerError} If the layer is damaged or hostile.
   * @throws {RegistryError} If the registry does not give it.
   */
  async run(
    task: LayerTask,
    options: LayerTaskOptions,
  ): Promise<UnpackedLayer> {
    for (let attempt = 1;; attempt++) {
      const pair = await this.#takePair();
      options.signal?.throwIfAborted();
      try {
        return await pair.run({ ...task, access: this.#access }, {
          ...options,
          onUnauthorized: (ended) => this.#renew(ended),
          onWritten: (path, bytes) => this.#options.onWritten(path, bytes),
        });
      } catch (error) {
        if (!this.#mayAlsoReach(pair, error)) throw error;
        if (attempt > MAX_OTHER_HOSTS) throw tooManyHosts(error);
      }
    }
  }

  /** Ends the workers. */
  [Symbol.dispose](): void {
    this.#pair?.[Symbol.dispose]();
  }

  /** The workers, or others if these broke, or may not reach all hosts. */
  async #takePair(): Promise<WorkerPair> {
    for (;;) {
      const pair = this.#pair;
      if (pair === undefined) {
        return this.#pair = new WorkerPair(this.#options, [...this.#hosts]);
      }
      if (!pair.isEnded && this.#hosts.isSubsetOf(new Set(pair.hosts))) {
        return pair;
      }
      await pair.whenIdle();
      pair[Symbol.dispose]();
      if (this.#pair === pair) this.#pair = undefined;
    }
  }

  /** A redirect led to a host that was not permitted: a new worker may. */
  #mayAlsoReach(pair: WorkerPair, error: unknown): boolean {
    if (!(error instanceof HostNotPermittedError)) return false;
    if (pair.hosts.includes(error.host)) return false;
    this.#hosts.add(error.host);
    // They would only find out the same, one after the other.
    pair.stopWaiting(error);
    return true;
  }

  /** A login that ended for several layers is renewed once. */
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

function tooManyHosts(cause: unknown): RegistryError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new RegistryError(
    `Cannot pull layer: redirects to more than ${MAX_OTHER_HOSTS} hosts; ` +
      `the last one: ${why}`,
    // A status, so that nobody takes it for a server that does not answer.
    { status: 502, cause },
  );
}
