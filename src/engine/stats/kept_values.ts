/** A short-lived cache of values for concurrent callers. */

import type { Abortable } from "../../errors/abort.ts";
import { Semaphore } from "../semaphore.ts";

/** How to read values that are not cached. */
export interface KeptValuesOptions<V, K extends string = string> {
  /** Reads values; a name without one is not in the result. */
  readonly read: (
    names: readonly K[],
    options: Abortable,
  ) => Promise<ReadonlyMap<K, V>>;
  /**
   * How long a value is valid, in milliseconds.
   *
   * @default {500}
   */
  readonly keepMs?: number | undefined;
}

/** A value, and when it was read. */
interface Kept<V> {
  readonly value: V | undefined;
  readonly readAtMs: number;
}

// Longer than a burst of calls; but "crictl stats" needs two samples in a second.
const KEEP_MS = 500;
// Unused names are dropped after this time.
const FORGET_MS = 600_000;

/** Values by name: at most one read runs at a time. */
export class KeptValues<V, K extends string = string> {
  readonly #options: KeptValuesOptions<V, K>;
  readonly #kept = new Map<K, Kept<V>>();
  readonly #turn = new Semaphore(1);

  /** Makes an empty cache. */
  constructor(options: KeptValuesOptions<V, K>) {
    this.#options = options;
  }

  /**
   * Returns the values that exist.
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
