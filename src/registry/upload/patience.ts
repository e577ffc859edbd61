/** Retries of a step of an upload. */

import { type Abortable, sleep } from "../../errors/abort.ts";
import type { RegistryError } from "../../errors/image_errors.ts";
import {
  backOffMs,
  DEFAULT_TRIES,
  MAX_RETRY_AFTER_MS,
  type RetryRules,
} from "../send_request.ts";

/** The server has lost the upload: it must begin again. */
export class UploadBrokenError extends Error {
  /** The error if it does not. */
  readonly refusal: RegistryError;

  static {
    this.prototype.name = "UploadBrokenError";
  }

  constructor(refusal: RegistryError) {
    super(refusal.message, { cause: refusal });
    this.refusal = refusal;
  }
}

/** Counts attempts without progress. */
export class Patience {
  readonly #rules: RetryRules;
  readonly #signal: AbortSignal | undefined;
  #failures = 0;

  constructor(rules: RetryRules = {}, { signal }: Abortable = {}) {
    this.#rules = rules;
    this.#signal = signal;
  }

  /** Resets the count after progress. */
  reset(): void {
    this.#failures = 0;
  }

  /**
   * Waits before the next try, longer each time.
   *
   * @param waitMs How long the server asks to wait.
   * @throws {RegistryError} The one given, if there is to be no other try.
   */
  async wait(error: RegistryError, waitMs = 0): Promise<void> {
    const { tries = DEFAULT_TRIES } = this.#rules;
    this.#failures++;
    if (this.#failures >= tries || waitMs > MAX_RETRY_AFTER_MS) throw error;
    const pauseMs = backOffMs(this.#failures, this.#rules);
    await sleep(Math.max(waitMs, pauseMs), { signal: this.#signal });
  }
}
