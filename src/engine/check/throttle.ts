/** Reads no faster than somebody wants. */

import { sleep } from "../../errors/abort.ts";
import type { Abortable } from "../../errors/abort.ts";

/** Slows down whoever spends. */
export interface Throttle {
  /** Notes that bytes were read, and waits for as long as they are worth. */
  spend(bytes: number, options?: Abortable): Promise<void>;
}

// Not for each chunk: others, and Ctrl-C, get their turn often enough.
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
