/** A store that can be closed while calls use it. */

import { joinSignals } from "../errors/abort.ts";
import type { Store } from "../store/store.ts";

/** A store, and how to close it. */
export interface ClosableStore {
  /** What calls work with. */
  readonly store: Store;
  /**
   * Ends the calls that wait for a lock, and waits for those that have one. Later
   * locks are refused.
   */
  close(): Promise<void>;
}

/** Makes a closable store of one that holds nothing between calls. */
export function closableStore(store: Store): ClosableStore {
  const closing = new AbortController();
  const { signal: closed } = closing;
  let count = 0;
  const idle = Promise.withResolvers<void>();
  const leave = () => {
    count--;
    if (count === 0 && closed.aborted) idle.resolve();
  };
  const lock: Store["lock"] = async (wanted, options = {}) => {
    closed.throwIfAborted();
    using joined = joinSignals(options.signal, closed);
    const { signal } = joined;
    count++;
    try {
      const held = await store.lock(wanted, { ...options, signal });
      const stack = new DisposableStack();
      stack.defer(leave); // last
      stack.defer(held[Symbol.dispose].bind(held));
      return Object.assign(held, { [Symbol.dispose]: () => stack.dispose() });
    } catch (error) {
      leave();
      throw error;
    }
  };
  return {
    store: { ...store, lock },
    async close() {
      closing.abort(new TypeError("Cannot use the agent: it was closed"));
      if (count > 0) await idle.promise;
    },
  };
}
