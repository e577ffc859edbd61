/** A worker that unpacks layers, as the main thread sees it. */

import type { Abortable } from "../../errors/abort.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import type { UnpackedLayer } from "../../unpack/unpack_blob.ts";
import { fromErrorData } from "../error_data.ts";
import { BlobProgress } from "./blob_progress.ts";
import type { UnpackJob, UnpackReport } from "./layer_job.ts";
import { workerOptions, type WorkerReach } from "./worker_options.ts";

/** Called while a layer is unpacked. */
export interface UnpackHandlers extends Abortable {
  /** Called with the bytes of the blob that were read. */
  onRead(bytes: number): void;
  /** Called when bytes were added to a large file. */
  onWritten(path: string, bytes: number): void;
}

interface Run extends PromiseWithResolvers<UnpackedLayer> {
  readonly digest: Digest;
  readonly progress: BlobProgress;
  readonly handlers: UnpackHandlers;
}

// Workers check for an abort after each 256 KiB, which takes milliseconds unless
// the disk is very slow.
const ABORT_GRACE_MS = 2_000;

/** A worker; disposing ends it, at the next chunk of a job. */
export class LayerWorker implements Disposable {
  readonly #worker: Worker;
  #run: Run | undefined;
  /** Why it was ended, or failed. */
  #reason: Error | undefined;

  constructor(reach: WorkerReach) {
    this.#worker = new Worker(
      new URL("./unpack_worker.ts", import.meta.url),
      workerOptions(reach),
    );
    this.#worker.onmessage = ({ data }: MessageEvent<UnpackReport>) =>
      this.#onReport(data);
    this.#worker.onerror = (event) => {
      event.preventDefault(); // otherwise the error would end the process
      this.#end(new Error(`Cannot unpack layer: ${event.message}`));
    };
  }

  /** Whether it accepts no more jobs, as it was disposed of, or failed. */
  get isEnded(): boolean {
    return this.#reason !== undefined;
  }

  /**
   * Unpacks a layer; only one at a time. After success or failure nothing is
   * written to its directory any more, except if it had to be terminated, as its
   * thread may go on for a while. So no directory may be reused.
   *
   * @throws {InvalidLayerError} If the layer is damaged or hostile.
   * @throws {NoSpaceError} If the disk is full.
   */
  async run(
    job: UnpackJob,
    handlers: UnpackHandlers,
  ): Promise<UnpackedLayer> {
    const { signal } = handlers;
    signal?.throwIfAborted();
    if (this.#reason !== undefined) throw this.#reason;
    const progress = new BlobProgress(job.progress);
    const outcome = Promise.withResolvers<UnpackedLayer>();
    const { digest } = job;
    this.#run = { ...outcome, digest, progress, handlers };
    let grace: ReturnType<typeof setTimeout> | undefined;
    const abort = () => {
      progress.stop();
      grace = setTimeout(() => this[Symbol.dispose](), ABORT_GRACE_MS);
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      this.#worker.postMessage(job);
      return await outcome.promise;
    } finally {
      clearTimeout(grace);
      signal?.removeEventListener("abort", abort);
      this.#run = undefined;
    }
  }

  /** Ends it; a running job fails. */
  [Symbol.dispose](): void {
    this.#end(new DOMException("The worker was ended", "AbortError"));
  }

  #end(reason: Error): void {
    this.#reason ??= reason;
    // A thread that computes or blocks cannot be terminated from outside.
    this.#run?.progress.stop();
    this.#worker.terminate();
    this.#run?.reject(reason);
  }

  #onReport(report: UnpackReport): void {
    switch (report.kind) {
      case "progress":
        return this.#run?.handlers.onRead(report.read);
      case "written":
        return this.#run?.handlers.onWritten(report.path, report.bytes);
      case "unpacked":
        return this.#run?.resolve(report.layer);
      case "failed":
        return this.#run?.reject(
          fromErrorData(report.error, this.#run.digest),
        );
    }
  }
}
