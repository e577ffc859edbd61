/** What calls that wait have in common. */

/** Options of every call that waits for a disk, a lock or a network. */
export interface Abortable {
  /** Ends the call with the signal's reason; nothing half-made stays. */
  readonly signal?: AbortSignal | undefined;
}

/** A signal that aborts so much later than another one; to be disposed of. */
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
