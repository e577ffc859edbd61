/**
 * The queue of this process for each lock file. First in, first out; readers
 * together. Only the first tries the file itself, and a release passes it on at
 * once. Other processes see one waiter.
 */

import type { Abortable } from "../../errors/abort.ts";
import type { LockKind } from "../../process/libc_files.ts";

/** How long to wait in a queue. */
export interface QueueOptions extends Abortable {
  /** In milliseconds; `Infinity` waits for ever. */
  readonly timeoutMs: number;
  /** Called if another call holds the lock or waits for it. */
  readonly onWait?: () => void;
}

/**
 * The first place in the queue, with or without the lock, until it is disposed of.
 */
export interface Turn extends Disposable {
  /** Reports that the file is locked: readers may follow. */
  take(): void;
}

/**
 * Waits until no other call of this process holds a lock or waits for it.
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

// Fairness to other processes: a blocked one is woken by a release, and a polling
// one tries every few milliseconds.
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
  /** Whether a writer holds the lock, or any call tries to take it. */
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
    // No timer without need: loading timers takes 5 ms.
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
      if (index >= 0) { // it has given up
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
