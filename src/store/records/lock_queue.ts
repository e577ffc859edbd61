/**
 * Who in this process waits for which lock file. First come, first served, readers
 * together; only who is in front tries the file itself, and a release hands it on
 * at once. To other processes, all of them are one.
 */

import type { Abortable } from "../../errors/abort.ts";
import type { LockKind } from "../../process/libc_files.ts";

/** How long to wait in a queue. */
export interface QueueOptions extends Abortable {
  /** In milliseconds; `Infinity` waits for ever. */
  readonly timeoutMs: number;
  /** Told if somebody is in the way. */
  readonly onWait?: () => void;
}

/** A place in front, until it is disposed of: with the lock, or without. */
export interface Turn extends Disposable {
  /** Says that the file is locked: readers may follow. */
  take(): void;
}

/**
 * Waits until nobody in this process is in the way of a lock.
 *
 * @param path The lock file.
 * @returns Undefined if the time is over.
 * @throws The signal's reason, if it aborts first.
 */
export async function waitForTurn(
  path: string,
  kind: LockKind,
  options: QueueOptions,
): Promise<Turn | undefined> {
  const queue = QUEUES.get(path) ?? new LockQueue(() => QUEUES.delete(path));
  QUEUES.set(path, queue);
  return await queue.wait(kind, options);
}

const QUEUES = new Map<string, LockQueue>();

// Whoever waits in another process gets its chance: a blocked one is woken by a
// release, and one that tries again and again does so every few milliseconds.
const MAX_STREAK_MS = 100;
const PAUSE_MS = 5;

interface Waiter {
  readonly kind: LockKind;
  readonly begin: () => void;
}

class LockQueue {
  readonly #waiting: Waiter[] = [];
  readonly #onEmpty: () => void;
  #readers = 0;
  /** Who has the lock for writing, or tries to get it, for whatever. */
  #isTaken = false;
  #isPausing = false;
  #streakStart = performance.now();

  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
  }

  async wait(
    kind: LockKind,
    { signal, timeoutMs, onWait }: QueueOptions,
  ): Promise<Turn | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<
      "in front" | "late"
    >();
    const waiter: Waiter = { kind, begin: () => resolve("in front") };
    const abort = () => reject(signal?.reason);
    this.#waiting.push(waiter);
    this.#advance();
    // Not a timer, which takes 5 ms to load, where there is nothing to wait for.
    if (!this.#waiting.includes(waiter)) return this.#makeTurn(kind);
    onWait?.();
    const timer = Number.isFinite(timeoutMs)
      ? setTimeout(() => resolve("late"), timeoutMs)
      : undefined;
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await promise === "late" ? undefined : this.#makeTurn(kind);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      const index = this.#waiting.indexOf(waiter);
      if (index >= 0) { // it gave up
        this.#waiting.splice(index, 1);
        this.#advance();
      }
    }
  }

  #makeTurn(kind: LockKind): Turn {
    let state: "trying" | "holding" | "over" = "trying";
    return {
      take: () => {
        state = "holding";
        if (kind === "write") return;
        this.#isTaken = false;
        this.#readers++;
        this.#advance();
      },
      [Symbol.dispose]: () => {
        if (state === "holding" && kind === "read") this.#readers--;
        else if (state !== "over") this.#isTaken = false;
        state = "over";
        this.#advance();
      },
    };
  }

  #advance(): void {
    if (this.#isTaken || this.#isPausing) return;
    const [first] = this.#waiting;
    if (first === undefined) {
      if (this.#readers === 0) this.#onEmpty();
      return;
    }
    if (this.#readers > 0 && first.kind === "write") return;
    const streakMs = performance.now() - this.#streakStart;
    if (this.#readers === 0 && streakMs > MAX_STREAK_MS) {
      this.#pause();
      return;
    }
    this.#waiting.shift();
    this.#isTaken = true;
    first.begin();
  }

  #pause(): void {
    this.#isPausing = true;
    setTimeout(() => {
      this.#isPausing = false;
      this.#streakStart = performance.now();
      this.#advance();
    }, PAUSE_MS);
  }
}
