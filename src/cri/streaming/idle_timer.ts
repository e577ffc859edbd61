/** Ends idle connections. */

/** A timer that activity resets. */
export class IdleTimer implements Disposable {
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #lastMs = performance.now();
  #timer: ReturnType<typeof setTimeout>;

  /** Starts it. */
  constructor(idleMs: number, onIdle: () => void) {
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
    this.#timer = setTimeout(() => this.#check(), idleMs);
  }

  /** Records activity, at very low cost. */
  touch(): void {
    this.#lastMs = performance.now();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #check(): void {
    const leftMs = this.#lastMs + this.#idleMs - performance.now();
    if (leftMs <= 0) return this.#onIdle();
    this.#timer = setTimeout(() => this.#check(), leftMs);
  }
}
