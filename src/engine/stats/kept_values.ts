/** Keeps what was read for a moment, for callers that ask at the same time. */

import type { Abortable } from "../../errors/abort.ts";
import { Semaphore } from "../semaphore.ts";

/** How to read what is not kept. */
export interface KeptValuesOptions<V, K extends string = string> {
  /** Reads values; a name without one is not in the answer. */
  readonly read: (
    names: readonly K[],
    options: Abortable,
  ) => Promise<ReadonlyMap<K, V>>;
  /**
   * For how long a value is as good as new, in milliseconds.
   *
   * @default {500}
   */
  readonly keepMs?: number | undefined;
}

/** A value, and since when it is known. */
interface Kept<V> {
  readonly value: V | undefined;
  readonly readAtMs: number;
}

// Longer than a burst of calls; and "crictl stats" wants two samples in a second.
const KEEP_MS = 500;
// Names that nobody asks for any more are forgotten by then.
const FORGET_MS = 600_000;

/** Values by their names: at most one reading goes on at a time. */
export class KeptValues<V, K extends string = string> {
  readonly #options: KeptValuesOptions<V, K>;
  readonly #kept = new Map<K, Kept<V>>();
  readonly #turn = new Semaphore(1);

  /** Keeps nothing as yet. */
  constructor(options: KeptValuesOptions<V, K>) {
    this.#options = options;
  }

  /**
   * Tells values, as far as there are any.
   *
   * @throws As `read()` does.
   */
  async get(
    names: readonly K[],
    options: Abortable = {},
  ): Promise<ReadonlyMap<K, V>> {
    using _turn = await this.#turn.take(options.signal);
    const { keepMs = KEEP_MS, read } = this.#options;
    const now = performance.now();
    const missing = names.filter((name) => {
      const kept = this.#kept.get(name);
      return kept === undefined || now - kept.readAtMs > keepMs;
    });
    if (missing.length > 0) {
      this.#forget(now);
      const found = await read([...new Set(missing)], options);
      const readAtMs = performance.now();
      for (const name of missing) {
        this.#kept.set(name, { value: found.get(name), readAtMs });
      }
    }
    return new Map(names.flatMap((name) => {
      const value = this.#kept.get(name)?.value;
      return value === undefined ? [] : [[name, value] as const];
    }));
  }

  #forget(now: number): void {
    for (const [name, { readAtMs }] of this.#kept) {
      if (now - readAtMs > FORGET_MS) this.#kept.delete(name);
    }
  }
}
