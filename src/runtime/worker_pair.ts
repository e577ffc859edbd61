/**
 * Two workers and the ring between them: one receives layers, the other unpacks
 * them, each with no more permissions than that. While the second is at the end of
 * a layer, the first may be at the beginning of the next.
 */

import type { Abortable } from "../abort.ts";
import type { BlobAccess } from "../formats/blob_source.ts";
import type { DecodedLayer } from "../formats/decode_layer.ts";
import type { UnpackedArchive, UnpackLimits } from "../store/unpack_layer.ts";
import { closeRing, createRingMemory, stopStream } from "./chunk_ring.ts";
import {
  fromErrorData,
  type ReceiveJob,
  type ReceiveReport,
  type ReceiveRequest,
  type UnpackedLayer,
  type UnpackJob,
  type UnpackReport,
  type UnpackRequest,
} from "./layer_job.ts";
import {
  receiverOptions,
  unpackerOptions,
  type WorkerReach,
} from "./worker_options.ts";

/** What is done with one layer. */
export interface LayerJob extends ReceiveJob, UnpackJob {
  readonly limits: UnpackLimits;
}

/** Called while a layer is on its way. */
export interface LayerHandlers extends Abortable {
  /** Called before it is unpacked: makes its directory empty. */
  prepare(): void;
  onProgress(received: number): void;
  onRetry(reason: string): void;
  /** Called when a large file, or a part of it, was written. */
  onWritten(path: string, bytes: number): void;
  /** The access has ended: answers with a new one. */
  onUnauthorized(ended: BlobAccess): Promise<BlobAccess>;
}

interface Run {
  readonly id: number;
  readonly job: LayerJob;
  readonly handlers: LayerHandlers;
  readonly received: PromiseWithResolvers<DecodedLayer>;
  /** Once its archive goes through the ring. */
  unpacked: PromiseWithResolvers<UnpackedArchive> | undefined;
  access: BlobAccess;
  /** Why it was stopped. */
  cause: unknown;
}

// Workers look up between two chunks, which takes them milliseconds.
const ABORT_GRACE_MS = 2_000;

/** A pair; disposing ends its workers, in a job at the next chunk. */
export class WorkerPair implements Disposable {
  /** Those that it may connect to. */
  readonly hosts: readonly string[];
  readonly #memory = createRingMemory();
  readonly #receiver: Worker;
  readonly #unpacker: Worker;
  readonly #runs = new Map<number, Run>();
  #started = 0;
  #isEnded = false;

  constructor(reach: WorkerReach, hosts: readonly string[]) {
    this.hosts = hosts;
    this.#receiver = new Worker(
      new URL("./receive_worker.ts", import.meta.url),
      receiverOptions(reach, hosts),
    );
    this.#unpacker = new Worker(
      new URL("./unpack_worker.ts", import.meta.url),
      unpackerOptions(reach),
    );
    this.#receiver.onmessage = ({ data }: MessageEvent<ReceiveReport>) =>
      this.#onReceiveReport(data);
    this.#unpacker.onmessage = ({ data }: MessageEvent<UnpackReport>) =>
      this.#onUnpackReport(data);
    for (const worker of [this.#receiver, this.#unpacker]) {
      worker.onerror = (event) => {
        event.preventDefault(); // or it would end the whole process
        this.#end(new Error(`Cannot unpack layer: ${event.message}`));
      };
    }
    const memory = this.#memory;
    this.#tellReceiver({ kind: "ring", memory });
    this.#tellUnpacker({ kind: "ring", memory });
  }

  /** Whether it takes no more jobs, as it was disposed of, or broke. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /**
   * Receives and unpacks a layer, after those that were given before. When it is
   * done, or has failed, nothing is written to its directory any more.
   *
   * @throws {InvalidLayerError} If the layer is damaged or hostile.
   * @throws {HostNotPermittedError} If it is on a host that is not among `hosts`.
   * @throws {RegistryError} If the registry does not give it.
   */
  async run(job: LayerJob, handlers: LayerHandlers): Promise<UnpackedLayer> {
    const { signal } = handlers;
    const run: Run = {
      ...{ id: ++this.#started, job, handlers, access: job.access },
      received: Promise.withResolvers<DecodedLayer>(),
      ...{ unpacked: undefined, cause: undefined },
    };
    this.#runs.set(run.id, run);
    const { access, layer, partial, limits } = job;
    this.#tellReceiver({
      ...{ kind: "receive", id: run.id },
      job: { access, layer, partial, limits },
    });
    let grace: ReturnType<typeof setTimeout> | undefined;
    const abort = () => {
      this.#stop(run, signal?.reason);
      grace = setTimeout(() => this[Symbol.dispose](), ABORT_GRACE_MS);
    };
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const received = await attempt(run.received.promise);
      const unpacked = await attempt(run.unpacked?.promise);
      if (run.cause !== undefined) throw run.cause;
      if (received instanceof Error) throw received;
      if (unpacked instanceof Error) throw unpacked;
      if (unpacked === undefined) {
        throw new TypeError(`Cannot unpack layer "${layer.digest}": no turn`);
      }
      return { ...received, ...unpacked };
    } finally {
      clearTimeout(grace);
      signal?.removeEventListener("abort", abort);
      this.#runs.delete(run.id);
    }
  }

  /** Makes all fail that has not had its turn yet. */
  stopWaiting(cause: Error): void {
    for (const run of this.#runs.values()) {
      if (run.unpacked === undefined) this.#stop(run, cause);
    }
  }

  /** Waits until nothing is under way. */
  async whenIdle(): Promise<void> {
    const runs = [...this.#runs.values()];
    await Promise.allSettled(
      runs.flatMap(({ received, unpacked }) => [
        received.promise,
        unpacked?.promise,
      ]),
    );
    if (this.#runs.size > 0) await this.whenIdle();
  }

  /** Ends the workers; what is under way fails. */
  [Symbol.dispose](): void {
    this.#end(new DOMException("The workers were ended", "AbortError"));
  }

  #end(reason: Error): void {
    this.#isEnded = true;
    closeRing(this.#memory);
    this.#receiver.terminate();
    this.#unpacker.terminate();
    for (const { received, unpacked } of this.#runs.values()) {
      received.reject(reason);
      unpacked?.reject(reason);
    }
  }

  #onReceiveReport(report: ReceiveReport): void {
    const run = this.#runs.get(report.id);
    if (run === undefined) return;
    switch (report.kind) {
      case "progress":
        return run.handlers.onProgress(report.received);
      case "retry":
        return run.handlers.onRetry(report.reason);
      case "unauthorized":
        return void this.#renewAccess(run);
      case "decoding":
        return this.#unpack(run);
      case "received":
        return run.received.resolve(report.layer);
      case "failed":
        return run.received.reject(fromErrorData(report.error));
    }
  }

  #onUnpackReport(report: UnpackReport): void {
    const run = this.#runs.get(report.id);
    if (run === undefined) return;
    switch (report.kind) {
      case "written":
        return run.handlers.onWritten(report.path, report.bytes);
      case "unpacked":
        return run.unpacked?.resolve(report.archive);
      case "failed": {
        const error = fromErrorData(report.error);
        run.unpacked?.reject(error);
        // Unless it was cut short by the other: then that one says why.
        if (error.name !== "AbortError") this.#stop(run, error);
      }
    }
  }

  /** Also after a failure: the stream is there, and must be read. */
  #unpack(run: Run): void {
    run.unpacked = Promise.withResolvers();
    run.unpacked.promise.catch(() => {}); // `run()` comes to it later
    const { directory, limits } = run.job;
    try {
      run.handlers.prepare();
    } catch (error) {
      this.#stop(run, error);
    }
    this.#tellUnpacker({
      ...{ kind: "unpack", id: run.id },
      job: { directory, limits },
    });
  }

  async #renewAccess(run: Run): Promise<void> {
    try {
      run.access = await run.handlers.onUnauthorized(run.access);
      this.#tellReceiver({ kind: "access", id: run.id, access: run.access });
    } catch (error) {
      this.#stop(run, error);
    }
  }

  #stop(run: Run, cause: unknown): void {
    run.cause ??= cause;
    // It may wait for the ring, or for the network.
    stopStream(this.#memory, run.id);
    this.#tellReceiver({ kind: "abort", id: run.id });
  }

  #tellReceiver(request: ReceiveRequest): void {
    this.#receiver.postMessage(request);
  }

  #tellUnpacker(request: UnpackRequest): void {
    this.#unpacker.postMessage(request);
  }
}

async function attempt<T>(promise: Promise<T>): Promise<T | Error>;
async function attempt<T>(
  promise: Promise<T> | undefined,
): Promise<T | Error | undefined>;
async function attempt<T>(
  promise: Promise<T> | undefined,
): Promise<T | Error | undefined> {
  try {
    return await promise;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
