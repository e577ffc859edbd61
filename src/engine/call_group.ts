/**
 * Groups calls of one kind that come while others have the store: locks are taken,
 * and tables are saved, once for all of them.
 */

import type { Abortable } from "../errors/abort.ts";
import type { Store } from "../store/store.ts";
import type { Agent } from "./agent.ts";

/** A call that waits to be done. */
export interface GroupedCall<T, R> {
  /** What was asked for. */
  readonly request: T;
  /** Fulfils the call. */
  readonly resolve: (result: R) => void;
  /** Rejects the call; the others of the group continue. */
  readonly reject: (error: unknown) => void;
}

/**
 * Executes a group of calls, and settles each of them.
 *
 * @param take Returns all calls that have come so far: to be called when the locks
 *   are held.
 */
export type DoGroup<T, R> = (
  take: () => readonly GroupedCall<T, R>[],
  options: { readonly signal: AbortSignal },
) => Promise<void>;

interface WaitingCall<T, R> extends GroupedCall<T, R> {
  readonly signal: AbortSignal | undefined;
}

/** Results of calls, to be reported when the locks are released. */
type Endings = (() => void)[];

/** Forms groups of calls, one after the other. */
export class CallGroup<T, R> {
  readonly #doGroup: DoGroup<T, R>;
  #waiting: WaitingCall<T, R>[] = [];
  /** Ends the wait for the locks, when no call needs them any more. */
  #leader: AbortController | undefined;

  constructor(doGroup: DoGroup<T, R>) {
    this.#doGroup = doGroup;
  }

  /**
   * Does a call with others. Once it has begun it is not aborted, unless `doGroup`
   * does.
   *
   * @throws Its error, or the signal's reason.
   */
  async call(request: T, { signal }: Abortable = {}): Promise<R> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<R>();
    const call = { request, signal, resolve, reject };
    const abort = () => this.#abort(call);
    this.#waiting.push(call);
    signal?.addEventListener("abort", abort, { once: true });
    if (this.#leader === undefined) this.#lead();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  #abort(call: WaitingCall<T, R>): void {
    const others = this.#waiting.filter((other) => other !== call);
    if (others.length === this.#waiting.length) return; // it is begun
    if (others.some(({ signal }) => !signal?.aborted)) {
      this.#waiting = others;
      call.reject(call.signal?.reason);
    } else {
      this.#leader?.abort(call.signal?.reason); // and that ends this one
    }
  }

  async #lead(): Promise<void> {
    const leader = this.#leader = new AbortController();
    const first = new Set(this.#waiting);
    let taken: readonly WaitingCall<T, R>[] = [];
    const endings: Endings = [];
    const take = () => {
      taken = this.#waiting;
      this.#waiting = [];
      this.#leader = undefined; // later calls are in the next group
      return taken.map(({ request, resolve, reject }) => ({
        request,
        resolve: (result: R) => endings.push(() => resolve(result)),
        reject: (error: unknown) => endings.push(() => reject(error)),
      }));
    };
    try {
      await this.#doGroup(take, leader);
      for (const end of endings) end();
    } catch (error) {
      for (const end of endings) end();
      for (const call of taken) call.reject(error); // unless it has ended
      if (this.#leader !== leader) return;
      // Later calls have neither timed out nor been aborted.
      const isOver = (call: WaitingCall<T, R>) =>
        call.signal?.aborted || (first.has(call) && !leader.signal.aborted);
      const over = this.#waiting.filter(isOver);
      this.#waiting = this.#waiting.filter((call) => !isOver(call));
      this.#leader = undefined;
      for (const call of over) call.reject(call.signal?.reason ?? error);
      if (this.#waiting.length > 0) this.#lead();
    }
  }
}

/** Groups the calls about each store: see `CallGroup.call()`. */
export function groupByStore<T extends { readonly agent: Agent }, R>(
  doGroup: (
    store: Store,
    ...group: Parameters<DoGroup<T, R>>
  ) => Promise<void>,
): (request: T, options: Abortable) => Promise<R> {
  const groups = new WeakMap<Store, CallGroup<T, R>>();
  return async (request, options) => {
    const { store } = request.agent;
    const group = groups.get(store) ??
      new CallGroup((take, how) => doGroup(store, take, how));
    groups.set(store, group);
    return await group.call(request, options);
  };
}

/** Prepares the calls of a group concurrently; those that fail are rejected. */
export async function prepareAll<
  C extends { reject(error: unknown): void },
  R,
>(
  calls: readonly C[],
  prepare: (call: C) => Promise<R>,
): Promise<readonly R[]> {
  const ready = await Promise.all(calls.map(async (call) => {
    try {
      return [await prepare(call)];
    } catch (error) {
      call.reject(error);
      return [];
    }
  }));
  return ready.flat();
}
