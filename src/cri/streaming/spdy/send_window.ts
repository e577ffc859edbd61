/** Flow control: how much may be sent before a window update. */

import { INITIAL_WINDOW, MAX_INT_31 } from "./frames.ts";

/**
 * The window of a stream or of a session: section 2.6.8. Kubernetes' clients never
 * send window updates, and accept all data: they rely on TCP alone. So a window
 * counts from the first byte, but limits only after the first update of the client.
 */
export class SendWindow {
  #left: number;
  #isUsed: boolean;
  readonly #waiting = new Set<() => void>();

  /** Opens one, which the client may have used before there was this stream. */
  constructor(
    left: number = INITIAL_WINDOW,
    use: "used" | "unused" = "unused",
  ) {
    this.#left = left;
    this.#isUsed = use === "used";
  }

  /** How many bytes may be sent. */
  get room(): number {
    return this.#isUsed ? Math.max(this.#left, 0) : Infinity;
  }

  /** Counts sent bytes. */
  take(bytes: number): void {
    this.#left -= bytes;
  }

  /** Widens or narrows the window. False if it overflows. */
  widen(bytes: number): boolean {
    this.#isUsed = true;
    this.#left += bytes;
    this.wake();
    return this.#left <= MAX_INT_31;
  }

  /** Wakes all waiters. */
  wake(): void {
    for (const resolve of this.#waiting) resolve();
  }

  /** Waits until there may be more room in one of two windows. */
  static async untilChanged(one: SendWindow, other: SendWindow): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const window of [one, other]) window.#waiting.add(resolve);
    await promise;
    // A session's window may not change for hours: it must not collect waiters of
    // ended streams.
    for (const window of [one, other]) window.#waiting.delete(resolve);
  }
}
