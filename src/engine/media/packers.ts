/** The workers that compress layers, as the main thread sees them. */

import type { Bytes } from "../../formats/bytes.ts";
import type { PackBlock } from "../../formats/compression/compress.ts";
import type { PackReply } from "./pack_worker.ts";

// The two cores of the small machines that this is made for.
const MAX_WORKERS = 2;

interface Job extends PromiseWithResolvers<Bytes> {
  readonly block: PackBlock;
}

/** A worker pool, whose workers start on demand; disposing ends them. */
export class Packers implements Disposable {
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Job>();
  readonly #waiting: Job[] = [];
  readonly #free: ArrayBuffer[] = [];
  #problem: Error | undefined;

  /** A buffer for a block, not cleared. */
  takeBuffer(length: number): Bytes {
    const place = this.#free.findIndex(({ byteLength }) =>
      byteLength === length
    );
    const [buffer = new ArrayBuffer(length)] = place < 0
      ? []
      : this.#free.splice(place, 1);
    return new Uint8Array(buffer);
  }

  /** Compresses a block, whose memory is transferred. */
  pack(block: PackBlock): Promise<Bytes> {
    const job = { ...Promise.withResolvers<Bytes>(), block };
    // If an earlier block fails, the caller may never await this one.
    job.promise.catch(() => {});
    if (this.#problem !== undefined) job.reject(this.#problem);
    else this.#waiting.push(job);
    this.#startNext();
    return job.promise;
  }

  /** Ends the workers; running jobs fail. */
  [Symbol.dispose](): void {
    this.#fail(new DOMException("The workers were ended", "AbortError"));
  }

  #startNext(): void {
    const job = this.#waiting[0];
    if (job === undefined) return;
    const worker = this.#idle.pop() ?? this.#startOne();
    if (worker === undefined) return;
    this.#waiting.shift();
    this.#busy.set(worker, job);
    worker.postMessage(job.block, [job.block.bytes.buffer]);
  }

  #startOne(): Worker | undefined {
    if (this.#busy.size >= MAX_WORKERS) return undefined;
    const worker = new Worker(new URL("./pack_worker.ts", import.meta.url), {
      ...{ type: "module", name: "pack", deno: { permissions: "none" } },
    });
    worker.onmessage = ({ data }: MessageEvent<PackReply>) => {
      const job = this.#busy.get(worker);
      this.#busy.delete(worker);
      this.#idle.push(worker);
      if ("bytes" in data) {
        this.#free.push(data.used);
        job?.resolve(data.bytes);
      } else job?.reject(failure(data.problem));
      this.#startNext();
    };
    worker.onerror = (event) => {
      event.preventDefault(); // otherwise the error would end the process
      this.#fail(failure(event.message));
    };
    return worker;
  }

  #fail(problem: Error): void {
    this.#problem ??= problem;
    for (const worker of [...this.#idle, ...this.#busy.keys()]) {
      worker.terminate();
    }
    for (const job of [...this.#busy.values(), ...this.#waiting]) {
      job.reject(problem);
    }
    this.#idle.length = this.#waiting.length = this.#free.length = 0;
    this.#busy.clear();
  }
}

function failure(why: string): Error {
  return new Error(`Cannot compress layer: ${why}`);
}
