/**
 * Downloads of one worker. They are decoded one after the other, in the order of
 * their jobs, as the ring to the other worker takes one stream at a time. Where the
 * network is what takes the time, the next ones are fetched meanwhile, into files.
 */

import type { BlobAccess } from "../formats/blob_source.ts";
import type { RingWriter } from "./chunk_ring.ts";
import { Download } from "./download.ts";
import {
  type ReceiveJob,
  type ReceiveReport,
  toErrorData,
} from "./layer_job.ts";

// As many connections as registries bear without complaint.
const MAX_DOWNLOADS = 4;
const TICK_MS = 100;
// Below it, the worker has waited for the network for most of the time.
const BUSY_SHARE = 0.5;

/** Runs downloads. */
export class DownloadQueue {
  readonly #ring: RingWriter;
  readonly #report: (report: ReceiveReport) => void;
  readonly #downloads = new Map<number, Download>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #tickedAt = 0;

  constructor(ring: RingWriter, report: (report: ReceiveReport) => void) {
    this.#ring = ring;
    this.#report = report;
  }

  /** Adds a job. */
  add(id: number, job: ReceiveJob): void {
    const download = new Download(job, {
      onProgress: (received) =>
        this.#report({ id, kind: "progress", received }),
      onRetry: (reason) => this.#report({ id, kind: "retry", reason }),
      onUnauthorized: () => this.#report({ id, kind: "unauthorized" }),
    });
    this.#downloads.set(id, download);
    void this.#run(id, download);
    this.#startNext();
    if (this.#timer !== undefined) return;
    this.#tickedAt = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Gives a job the new access that it has asked for. */
  giveAccess(id: number, access: BlobAccess): void {
    this.#downloads.get(id)?.giveAccess(access);
  }

  /** Makes a job fail. */
  abort(id: number): void {
    this.#downloads.get(id)?.abort();
  }

  async #run(id: number, download: Download): Promise<void> {
    const outcome = await this.#decode(id, download);
    // Before the report: the file may be renamed then, or used again.
    await download[Symbol.asyncDispose]();
    this.#report(outcome);
    this.#downloads.delete(id);
    this.#startNext();
  }

  async #decode(id: number, download: Download): Promise<ReceiveReport> {
    let isDecoding = false;
    try {
      await download.untilTurn();
      isDecoding = true;
      this.#ring.begin(id);
      this.#report({ id, kind: "decoding" });
      const layer = await download.decode(this.#ring);
      this.#ring.end();
      return { id, kind: "received", layer };
    } catch (error) {
      if (isDecoding) this.#ring.abort();
      return { id, kind: "failed", error: toErrorData(error) };
    }
  }

  /** The first one has its turn; whether others are fetched is for the tick. */
  #startNext(): void {
    const [first] = this.#downloads.values();
    if (first !== undefined) return first.takeTurn();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const all = [...this.#downloads.values()];
    const busy = all.reduce((sum, one) => sum + one.takeBusyTime(), 0);
    const now = performance.now();
    const share = busy / (now - this.#tickedAt);
    this.#tickedAt = now;
    const running = all.filter(({ isFetching }) => isFetching).length;
    if (share >= BUSY_SHARE || running >= MAX_DOWNLOADS) return;
    all.find(({ mayStart }) => mayStart)?.begin();
  }
}
