/** The worker pool that unpacks the layers of a pull. */

import type { BlobFiles } from "../../formats/oci/blob_source.ts";
import type { Staging } from "../../store/layers/staging.ts";
import { downloadsDirectory } from "../../store/paths.ts";
import type { Store } from "../../store/store.ts";
import type { UnpackedLayer } from "../../unpack/unpack_blob.ts";
import type { UnpackJob } from "./layer_job.ts";
import { LayerWorker, type UnpackHandlers } from "./layer_worker.ts";
import { Semaphore } from "../semaphore.ts";

// Each takes some 25 MiB of memory.
const MAX_WORKERS = 2;
// The limit for all pulls of a process; further ones wait. So a daemon with forty
// concurrent pulls does not take a gigabyte.
const MAX_IN_PROCESS = 6;
const PLACES = new Semaphore(MAX_IN_PROCESS);

/** A worker pool; disposing ends the workers, at the next chunk of a job. */
export class LayerWorkers implements AsyncDisposable {
  /** The directory of the blobs that they read. */
  readonly downloads: string;
  readonly #staging: Staging;
  readonly #files: BlobFiles | undefined;
  readonly #turns = new Semaphore(MAX_WORKERS);
  /** All workers, with their permits. */
  readonly #all = new Map<LayerWorker, Disposable>();
  readonly #idle: LayerWorker[] = [];

  /** @param files Where blobs are, if they are not downloaded. */
  constructor(store: Store, files?: BlobFiles) {
    this.downloads = downloadsDirectory(store.paths);
    this.#staging = store.openStaging();
    this.#files = files;
  }

  /** Each job needs its own directory below this one. */
  get directory(): string {
    return this.#staging.path;
  }

  /** Starts all permitted workers in advance. */
  start(): void {
    while (this.#all.size < MAX_WORKERS) {
      const place = PLACES.tryTake();
      if (place === undefined) return;
      this.#idle.push(this.#startOne(place));
    }
  }

  /**
   * Unpacks a layer as soon as a worker is free.
   *
   * @throws {InvalidLayerError} If the layer is damaged or hostile.
   * @throws {NoSpaceError} If the disk is full.
   */
  async run(
    job: UnpackJob,
    handlers: UnpackHandlers & { prepare(): void },
  ): Promise<UnpackedLayer> {
    const { signal } = handlers;
    using _turn = await this.#turns.take(signal);
    const worker = this.#idle.pop() ??
      this.#startOne(await PLACES.take(signal));
    try {
      handlers.prepare();
      return await worker.run(job, handlers);
    } finally {
      if (worker.isEnded) this.#end(worker);
      else this.#idle.push(worker);
    }
  }

  /** Ends the workers; further jobs start others. */
  endWorkers(): void {
    for (const worker of this.#all.keys()) this.#end(worker);
    this.#idle.length = 0;
  }

  /** Ends the workers, and removes their files. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.endWorkers();
    await this.#staging[Symbol.asyncDispose]();
  }

  #end(worker: LayerWorker): void {
    worker[Symbol.dispose]();
    this.#all.get(worker)?.[Symbol.dispose]();
    this.#all.delete(worker);
  }

  #startOne(place: Disposable): LayerWorker {
    const { downloads, directory } = this;
    const worker = new LayerWorker({
      ...{ downloads, staging: directory },
      files: this.#files?.reach,
    });
    this.#all.set(worker, place);
    return worker;
  }
}
