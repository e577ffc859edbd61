/** Limits the rate of reading. */

import { sleep } from "../../errors/abort.ts";
import type { Abortable } from "../../errors/abort.ts";

/** Limits a rate. */
export interface Throttle {
  /** Counts bytes that were read, and waits as long as the rate requires. */
  spend(bytes: number, options?: Abortable): Promise<void>;
}

// Not after each chunk: this is often enough for other tasks and Ctrl-C.
const TURN_BYTES = 8 * 1024 * 1024;
// A pause, however long, is no credit to read faster afterwards.
const MAX_CREDIT_MS = 1_000;

/** @param bytesPerSecond `Infinity` for as fast as the disk is. */
export function createThrottle(bytesPerSecond: number): Throttle {
  let dueMs = performance.now();
  let unspent = 0;
  return {
    async spend(bytes, options = {}) {
      unspent += bytes;
      const pauseBytes = Math.min(TURN_BYTES, bytesPerSecond);
      if (unspent < pauseBytes) return;
      const now = performance.now();
      dueMs = Math.max(dueMs, now - MAX_CREDIT_MS) +
        (unspent / bytesPerSecond) * 1000;
      unspent = 0;
      await sleep(Math.max(dueMs - now, 0), options);
    },
  };
}
