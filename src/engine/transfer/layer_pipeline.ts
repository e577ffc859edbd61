/**
 * Receives and unpacks the layers of one image. The main thread fetches blobs into
 * files without reading them; workers without network read these files while they
 * grow. No stage waits for the next one, so the network and all cores are busy.
 */

import { linkSignals } from "../../errors/abort.ts";
import { BlobMismatchError } from "../../errors/image_errors.ts";
import type { BlobFile, ImageBlobs } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { RetryRules } from "../../registry/send_request.ts";
import type { UnpackedLayer } from "../../unpack/unpack_blob.ts";
import type { UnpackLimits } from "../../unpack/unpack_layer.ts";
import type { PartsTurn } from "./blob_parts.ts";
import { BlobProgress } from "./blob_progress.ts";
import type { PartRules } from "../part_rules.ts";
import { downloadBlob, type DownloadHandlers } from "./download.ts";
import type { LayerWorkers } from "./layer_workers.ts";
import { Semaphore } from "../semaphore.ts";

/** How to open a pipeline. */
export interface LayerPipelineOptions {
  /** Where blobs come from. */
  readonly source: ImageBlobs;
  readonly workers: LayerWorkers;
  /** How to retry. */
  readonly retry: RetryRules | undefined;
  /** How to fetch large blobs. */
  readonly parts: PartRules;
  /** Called when bytes were added to a large file. */
  onWritten(path: string, bytes: number): void;
}

/** The destination of a layer, and progress callbacks. */
export interface ReceiveLayerOptions extends DownloadHandlers {
  /** The file for its blob; undefined if it is in one already. */
  readonly partial: string | undefined;
  readonly directory: string;
  readonly limits: UnpackLimits;
  /** `"one"` fetches it over one connection. */
  readonly connections: "one" | "several";
  /** Called before it is unpacked: makes its directory empty. */
  prepare(): void;
}

// The limit of blobs between the first byte and the end of unpacking, so that
// downloads do not run far ahead; also a number of connections that registries
// tolerate.
const MAX_BLOBS = 4;

/** Fetches layers from a source and unpacks them into directories. */
export class LayerPipeline {
  readonly #options: LayerPipelineOptions;
  readonly #blobs = new Semaphore(MAX_BLOBS);
  readonly #turn: PartsTurn = { isTaken: false };

  constructor(options: LayerPipelineOptions) {
    this.#options = options;
  }

  /**
   * Receives and unpacks a layer, after those of earlier calls.
   *
   * @throws {InvalidLayerError} If the layer is damaged or hostile.
   * @throws {NotFoundError} If a layout does not have it.
   * @throws {RegistryError} If the registry does not give it.
   */
  async run(
    blob: Descriptor,
    options: ReceiveLayerOptions,
  ): Promise<UnpackedLayer> {
    using _place = await this.#blobs.take(options.signal);
    const file = options.partial === undefined
      ? await this.#findFile(blob)
      : { path: options.partial };
    const failure = new AbortController();
    const signal = linkSignals(failure.signal, options.signal);
    // A failure of one ends the other.
    const fail = (error: unknown) => failure.abort(error);
    const progress = new BlobProgress();
    const way = { ...options, blob, file, progress, signal };
    const receiving = this.#receive(way);
    const unpacking = this.#unpack(way);
    receiving.catch(fail);
    unpacking.catch(fail);
    const [, unpacked] = await Promise.allSettled([receiving, unpacking]);
    if (signal.aborted) throw signal.reason;
    if (unpacked.status === "rejected") throw unpacked.reason;
    return unpacked.value;
  }

  async #findFile(blob: Descriptor): Promise<BlobFile> {
    const { files } = this.#options.source;
    if (files === undefined) throw new TypeError("no file");
    const file = await files.find(blob);
    if (file.size === blob.size) return file;
    throw new BlobMismatchError(
      `Cannot pull layer "${blob.digest}": its file has ${file.size} bytes, ` +
        `expected ${blob.size}`,
    );
  }

  async #receive(options: PendingLayer): Promise<void> {
    const { source, retry, parts: rules } = this.#options;
    const { blob, partial, progress, connections } = options;
    if (partial !== undefined) {
      const parts = connections === "several"
        ? { rules, turn: this.#turn }
        : undefined;
      const job = { source, retry, blob, path: partial, progress, parts };
      return await downloadBlob(job, options);
    }
    progress.advance(blob.size);
    progress.complete();
  }

  async #unpack(options: PendingLayer): Promise<UnpackedLayer> {
    const { blob, file, partial, progress, directory, limits } = options;
    const { path, offset = 0 } = file;
    const { workers, onWritten } = this.#options;
    const job = {
      ...{ path, offset, digest: blob.digest, directory, limits },
      progress: progress.memory,
    };
    // Without a download, reading the file counts as receiving.
    const onRead = partial === undefined ? options.onProgress : () => {};
    const { signal, prepare } = options;
    return await workers.run(job, { signal, prepare, onRead, onWritten });
  }
}

interface PendingLayer extends ReceiveLayerOptions {
  readonly blob: Descriptor;
  readonly file: Pick<BlobFile, "offset" | "path">;
  readonly progress: BlobProgress;
}
