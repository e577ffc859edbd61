/** Ends what nobody uses. */

/** A timer that is put back by whatever happens. */
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

  /** Something has happened: this costs next to nothing. */
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
