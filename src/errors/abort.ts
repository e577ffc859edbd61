/** Options and helpers for calls that can be aborted. */

/** Options of every call that waits for a disk, a lock or a network. */
export interface Abortable {
  /**
   * Ends the call with the signal's reason; nothing incomplete stays.
   *
   * @default {none: it cannot be aborted}
   */
  readonly signal?: AbortSignal | undefined;
}

/** A signal that aborts a given time after another one; to be disposed of. */
export function delayAbort(
  signal: AbortSignal | undefined,
  milliseconds: number,
): Required<Abortable> & Disposable {
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = () => {
    timer = setTimeout(() => late.abort(signal?.reason), milliseconds);
  };
  if (signal?.aborted) begin();
  else signal?.addEventListener("abort", begin, { once: true });
  return {
    signal: late.signal,
    [Symbol.dispose]() {
      signal?.removeEventListener("abort", begin);
      clearTimeout(timer);
    },
  };
}

/** A signal that aborts with the first of others; undefined ones are ignored. */
export function linkSignals(
  ...signals: readonly (AbortSignal | undefined)[]
): AbortSignal {
  return AbortSignal.any(signals.filter((signal) => signal !== undefined));
}

/**
 * A signal that aborts with the first of two. Unlike {@linkcode linkSignals},
 * disposing of it removes its listeners from a long-lived signal.
 */
export function joinSignals(
  one: AbortSignal | undefined,
  other: AbortSignal,
): { readonly signal: AbortSignal } & Disposable {
  if (one === undefined) return { signal: other, [Symbol.dispose]() {} };
  const joined = new AbortController();
  const abort = () => joined.abort(one.aborted ? one.reason : other.reason);
  const both = [one, other];
  if (both.some(({ aborted }) => aborted)) abort();
  for (const signal of both) signal.addEventListener("abort", abort);
  return {
    signal: joined.signal,
    [Symbol.dispose]() {
      for (const signal of both) signal.removeEventListener("abort", abort);
    },
  };
}

/** Waits until a signal is aborted; without one, for ever. */
export function whenAborted(signal: AbortSignal | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) resolve();
  signal?.addEventListener("abort", () => resolve(), { once: true });
  return promise;
}

/** Waits a number of milliseconds, unless the signal aborts. */
export async function sleep(
  ms: number,
  { signal }: Abortable = {},
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal?.reason);
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    signal?.throwIfAborted();
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

/**
 * Waits for work that cannot be aborted, unless the signal aborts: then the work
 * continues, and its result is ignored.
 *
 * @param begin Not called if the signal was aborted before.
 */
export async function unlessAborted<T>(
  begin: () => Promise<T>,
  { signal }: Abortable,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([begin(), promise]);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Whether a promise settles within a time limit. */
export async function isInTime(
  promise: Promise<unknown>,
  milliseconds: number,
): Promise<boolean> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, milliseconds);
  let isSettled = false;
  const settled = promise.catch(() => {}).then(() => isSettled = true);
  await Promise.race([settled, late.promise]);
  clearTimeout(timer);
  return isSettled;
}

/**
 * Waits until all have settled, so that no work continues during an undo.
 *
 * @throws The first error, in the order of the promises.
 */
export async function settleAll(
  all: readonly (Promise<unknown> | undefined)[],
): Promise<void> {
  for (const result of await Promise.allSettled(all)) {
    if (result.status === "rejected") throw result.reason;
  }
}
