/** Pulls for several callers: concurrent equal requests share one transfer. */

import type { Agent } from "../../engine/agent.ts";
import type { PullEvent } from "../../engine/progress/pull_event.ts";
import { pullImage } from "../../engine/transfer/pull_image.ts";
import type { StoredImage } from "../../engine/transfer/store_sink.ts";
import { unlessAborted } from "../../errors/abort.ts";
import type { Credentials } from "../../formats/config/auth_file.ts";

/** A request for a pull. */
export interface PullRequest {
  /** As the kubelet names it. */
  readonly name: string;
  /** If undefined, those of this machine. */
  readonly credentials: Credentials | undefined;
  /** Ends the caller's wait, and with the last caller the pull. */
  readonly signal: AbortSignal;
}

/** How pulls are made. */
export interface SharedPullsOptions {
  /**
   * A pull without progress is ended after this time. Silent registries time out
   * sooner; this is for all other cases, such as a hanging disk.
   *
   * @default {600_000}
   */
  readonly stallTimeoutMs?: number;
  /**
   * Called for the events of all pulls.
   *
   * @default {none}
   */
  readonly onEvent?: (event: PullEvent) => void;
}

interface Pull {
  readonly ending: AbortController;
  readonly result: Promise<StoredImage>;
  callers: number;
}

const DEFAULT_STALL_TIMEOUT_MS = 600_000;

/** Pulls into one store. */
export class SharedPulls {
  readonly #agent: Agent;
  readonly #options: SharedPullsOptions;
  readonly #pulls = new Map<string, Pull>();

  /** Makes one for a store. */
  constructor(agent: Agent, options: SharedPullsOptions = {}) {
    this.#agent = agent;
    this.#options = options;
  }

  /** How many transfers there are now. */
  get count(): number {
    return this.#pulls.size;
  }

  /**
   * Pulls, or waits for a pull of the same name with the same credentials. A pull
   * without callers is aborted, and has ended when this settles.
   *
   * @throws As `pullImage()`, or the signal's reason.
   */
  async pull(request: PullRequest): Promise<StoredImage> {
    const { name, credentials, signal } = request;
    signal.throwIfAborted();
    // The key includes the credentials: a caller without access must not get an
    // image through another's pull.
    const key = JSON.stringify([name, credentials]);
    const pull = this.#pulls.get(key) ?? this.#start(key, request);
    pull.callers++;
    try {
      return await unlessAborted(() => pull.result, { signal });
    } finally {
      pull.callers--;
      if (pull.callers === 0) await this.#end(key, pull);
    }
  }

  #start(
    key: string,
    { name, credentials }: Omit<PullRequest, "signal">,
  ): Pull {
    const ending = new AbortController();
    const pull = {
      ending,
      result: this.#transfer(name, credentials, ending),
      callers: 0,
    };
    this.#pulls.set(key, pull);
    return pull;
  }

  async #transfer(
    name: string,
    credentials: Credentials | undefined,
    ending: AbortController,
  ): Promise<StoredImage> {
    const { stallTimeoutMs = DEFAULT_STALL_TIMEOUT_MS, onEvent } =
      this.#options;
    const stalled = () => ending.abort(whyStalled(name, stallTimeoutMs));
    let timer = setTimeout(stalled, stallTimeoutMs);
    try {
      return await pullImage(this.#agent, name, {
        credentials,
        signal: ending.signal,
        onEvent(event) {
          clearTimeout(timer);
          timer = setTimeout(stalled, stallTimeoutMs);
          onEvent?.(event);
        },
      });
    } finally {
      clearTimeout(timer);
    }
  }

  async #end(key: string, pull: Pull): Promise<void> {
    // A later caller starts a new pull, which resumes the download.
    if (this.#pulls.get(key) === pull) this.#pulls.delete(key);
    pull.ending.abort(new DOMException("Nobody waits for it", "AbortError"));
    try {
      await pull.result;
    } catch {
      // The callers get the error.
    }
  }
}

function whyStalled(name: string, stallTimeoutMs: number): DOMException {
  return new DOMException(
    `Cannot pull "${name}": nothing has moved for ${stallTimeoutMs / 1000} s`,
    "TimeoutError",
  );
}
