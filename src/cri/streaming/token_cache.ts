/** Random tokens, valid for one use within a time limit. */

import { StreamingBusyError } from "./streaming_server.ts";

/** Limits of a {@linkcode TokenCache}. */
export interface TokenLimits {
  /** How long a token is good for, in milliseconds. */
  readonly lifetimeMs: number;
  /** How many tokens may wait for their use. */
  readonly maxTokens: number;
}

const TOKEN_BYTES = 32;

/** A cache of tokens and their values. */
export class TokenCache<T> {
  readonly #limits: TokenLimits;
  /** In the order in which they expire. */
  readonly #waiting = new Map<string, Waiting<T>>();

  /** Makes an empty one. */
  constructor(limits: TokenLimits) {
    this.#limits = limits;
  }

  /**
   * Makes a token: 256 random bits, encoded for URLs.
   *
   * @throws {StreamingBusyError} If too many wait already.
   */
  add(value: T): string {
    this.#forgetExpired();
    const { lifetimeMs, maxTokens } = this.#limits;
    if (this.#waiting.size >= maxTokens) {
      throw new StreamingBusyError(
        `Cannot open one more stream: ${maxTokens} wait for their clients`,
      );
    }
    const token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES))
      .toBase64({ alphabet: "base64url", omitPadding: true });
    const expiresAtMs = performance.now() + lifetimeMs;
    this.#waiting.set(token, { value, expiresAtMs });
    return token;
  }

  /** The value of a token; undefined if it is unknown, used, or expired. */
  take(token: string): T | undefined {
    this.#forgetExpired();
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    return waiting?.value;
  }

  /** Invalidates all tokens. */
  clear(): void {
    this.#waiting.clear();
  }

  #forgetExpired(): void {
    const now = performance.now();
    for (const [token, { expiresAtMs }] of this.#waiting) {
      if (expiresAtMs > now) return;
      this.#waiting.delete(token);
    }
  }
}

interface Waiting<T> {
  readonly value: T;
  /** By the monotonic clock: `performance.now()`. */
  readonly expiresAtMs: number;
}
