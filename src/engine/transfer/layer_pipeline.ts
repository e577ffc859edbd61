/**
 * Receives and unpacks the layers of one image. The main thread fetches blobs into
 * files, and looks at none of their bytes; workers that reach no host read those
 * while they grow. Nobody waits for who comes after, so the network and all
 * processors have work, whatever is slower.
 */

import { BlobMismatchError } from "../../errors/image_errors.ts";
import type { ImageSource } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import { algorithmOf } from "../../formats/oci/digest.ts";
import type { RetryRules } from "../../registry/send_request.ts";
import { findLayoutBlob } from "../../transports/layout_source.ts";
import type { UnpackedLayer } from "../../unpack/unpack_blob.ts";
import type { UnpackLimits } from "../../unpack/unpack_layer.ts";
import { BlobProgress } from "./blob_progress.ts";
import { downloadBlob, type DownloadHandlers } from "./download.ts";
import type { LayerWorkers } from "./layer_workers.ts";
import { Semaphore } from "./semaphore.ts";

/** How to open a pipeline. */
export interface LayerPipelineOptions {
  /** Where blobs come from. */
  readonly source: ImageSource;
  readonly workers: LayerWorkers;
  /** How patiently to try. */
  readonly retry: RetryRules | undefined;
  /** Called when bytes were added to a large file. */
  onWritten(path: string, bytes: number): void;
}

/** A layer to receive and unpack. */
export interface LayerTask {
  readonly layer: Descriptor;
  /** The file that its blob goes to; left out if a layout has it as a file. */
  readonly partial: string | undefined;
  readonly directory: string;
  readonly limits: UnpackLimits;
}

/** Told while a layer is on its way. */
export interface LayerTaskOptions extends DownloadHandlers {
  /** Called before it is unpacked: makes its directory empty. */
  prepare(): void;
}

// A blob has its place from the first byte until it is unpacked, so that downloads
// are not far ahead; as many connections as registries tolerate.
const MAX_BLOBS = 4;

/** Runs tasks. */
export class LayerPipeline {
  readonly #options: LayerPipelineOptions;
  readonly #blobs = new Semaphore(MAX_BLOBS);

  constructor(options: LayerPipelineOptions) {
    this.#options = options;
  }

  /**
   * Receives and unpacks a layer, as soon as those of earlier calls let it.
   *
   * @throws {InvalidLayerError} If the layer is damaged or hostile.
   * @throws {NotFoundError} If a layout does not have it.
   * @throws {RegistryError} If the registry does not give it.
   */
  async run(
    task: LayerTask,
    options: LayerTaskOptions,
  ): Promise<UnpackedLayer> {
    using _place = await this.#blobs.take(options.signal);
    const progress = new BlobProgress();
    const path = await this.#prepareFile(task, progress);
    const failure = new AbortController();
    const signal = options.signal === undefined
      ? failure.signal
      : AbortSignal.any([failure.signal, options.signal]);
    const run = { task, path, progress, options: { ...options, signal } };
    // What ends either, ends the other.
    const fail = (error: unknown) => failure.abort(error);
    const receiving = this.#receive(run);
    const unpacking = this.#unpack(run);
    receiving.catch(fail);
    unpacking.catch(fail);
    const [, unpacked] = await Promise.allSettled([receiving, unpacking]);
    if (signal.aborted) throw signal.reason;
    if (unpacked.status === "rejected") throw unpacked.reason;
    return unpacked.value;
  }

  /** Finds out which file the blob is in, or goes to. */
  async #prepareFile(
    { layer, partial }: LayerTask,
    progress: BlobProgress,
  ): Promise<string> {
    if (partial !== undefined) return partial;
    const { access } = this.#options.source;
    if (access.kind !== "layout") throw new TypeError("no file");
    const { path, size } = await findLayoutBlob(access, layer);
    if (size !== layer.size) {
      throw new BlobMismatchError(
        `Cannot pull layer "${layer.digest}": the layout has ${size} bytes, ` +
          `expected ${layer.size}`,
      );
    }
    progress.advance(size);
    progress.complete();
    return path;
  }

  async #receive({ task, path, progress, options }: Run): Promise<void> {
    if (task.partial === undefined) return; // it is there
    const { source, retry } = this.#options;
    const job = { source, retry, blob: task.layer, path, progress };
    await downloadBlob(job, options);
  }

  async #unpack(
    { task, path, progress, options }: Run,
  ): Promise<UnpackedLayer> {
    const { directory, limits } = task;
    const { workers, onWritten } = this.#options;
    const algorithm = algorithmOf(task.layer.digest);
    const job = { path, progress, algorithm, directory, limits };
    // To read a file is what receiving it is where nothing is downloaded.
    const onRead = task.partial === undefined ? options.onProgress : () => {};
    return await workers.run(job, { ...options, onRead, onWritten });
  }
}

interface Run {
  readonly task: LayerTask;
  readonly path: string;
  readonly progress: BlobProgress;
  readonly options: LayerTaskOptions;
}
