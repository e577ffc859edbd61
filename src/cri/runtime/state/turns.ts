/** Serializes calls on the same object. */

import type { Abortable } from "../../../errors/abort.ts";

/** `"alone"`: exclusive. `"shared"`: with other shared turns. */
export type TurnKind = "alone" | "shared";

interface Waiting {
  readonly kind: TurnKind;
  readonly begin: () => void;
}

interface Queue {
  /** The number of current holders. */
  active: number;
  isAlone: boolean;
  readonly waiting: Waiting[];
}

/**
 * Shared and exclusive turns on objects, first in, first out: so many shared turns
 * cannot starve an exclusive one.
 */
export class Turns {
  readonly #queues = new Map<string, Queue>();

  /**
   * Waits for a turn; disposing ends it.
   *
   * @param key The key of the object, such as its ID.
   * @throws The signal's reason.
   */
  async take(
    key: string,
    kind: TurnKind,
    { signal }: Abortable = {},
  ): Promise<Disposable> {
    signal?.throwIfAborted();
    const queue = this.#queues.get(key) ?? makeQueue();
    this.#queues.set(key, queue);
    if (queue.waiting.length > 0 || !mayBegin(queue, kind)) {
      await this.#wait(key, queue, { kind, signal });
    } else enter(queue, kind);
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        queue.active--;
        this.#goOn(key, queue);
      },
    };
  }

  async #wait(
    key: string,
    queue: Queue,
    { kind, signal }: Abortable & { readonly kind: TurnKind },
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { kind, begin: resolve };
    queue.waiting.push(waiting);
    const leave = () => {
      const place = queue.waiting.indexOf(waiting);
      if (place < 0) return; // it has just got its turn
      queue.waiting.splice(place, 1);
      this.#goOn(key, queue);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", leave, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  /** Starts all turns that can run now, from the first on. */
  #goOn(key: string, queue: Queue): void {
    for (;;) {
      const [next] = queue.waiting;
      if (next === undefined || !mayBegin(queue, next.kind)) break;
      queue.waiting.shift();
      enter(queue, next.kind);
      next.begin();
    }
    if (queue.active === 0 && queue.waiting.length === 0) {
      this.#queues.delete(key);
    }
  }
}

function makeQueue(): Queue {
  return { active: 0, isAlone: false, waiting: [] };
}

function mayBegin({ active, isAlone }: Queue, kind: TurnKind): boolean {
  return active === 0 || (kind === "shared" && !isAlone);
}

function enter(queue: Queue, kind: TurnKind): void {
  queue.active++;
  queue.isAlone = kind === "alone";
}
