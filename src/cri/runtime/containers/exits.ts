/** Detects the end of containers' processes, however they end. */

import { type Abortable, sleep } from "../../../errors/abort.ts";
import { whyOf } from "../../../errors/why.ts";
import type { Agent } from "../../../engine/agent.ts";
import { readExit } from "../../../engine/containers/process_exit.ts";
import { watchExits } from "../../../engine/monitor/watch_exits.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";

/** Called for each container or pod whose process has ended. */
export type OnExit = (id: ContainerId) => void;

// The watch is fast; this is for file systems on which it does not work.
const POLL_MS = 200;
const RETRY_MS = 1000;

/** Watches over the ends of processes. */
export class Exits {
  readonly #agent: Agent;
  readonly #waiting = new Map<ContainerId, Set<() => void>>();

  /** Watches nothing yet. */
  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** Watches until the signal aborts. */
  async watch(
    onExit: OnExit,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const id of watchExits(this.#agent, { signal })) {
          this.#wake(id);
          onExit(id);
        }
      } catch (error) {
        if (signal.aborted) return;
        this.#agent.log("warn", `Cannot watch containers: ${whyOf(error)}`);
        await sleep(RETRY_MS, { signal }).catch(() => {});
      }
    }
  }

  /**
   * Waits for the end of a container's process.
   *
   * @returns Whether it has ended.
   */
  async wait(
    id: ContainerId,
    { timeoutMs, signal }: Abortable & { readonly timeoutMs: number },
  ): Promise<boolean> {
    const end = performance.now() + timeoutMs;
    for (;;) {
      signal?.throwIfAborted();
      if (readExit(this.#agent, id) !== undefined) return true;
      const leftMs = end - performance.now();
      if (leftMs <= 0) return false;
      await this.#sleep(id, Math.min(leftMs, POLL_MS), signal);
    }
  }

  #wake(id: ContainerId): void {
    for (const wake of this.#waiting.get(id) ?? []) wake();
  }

  async #sleep(
    id: ContainerId,
    ms: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const all = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, all.add(resolve));
    const wake = () => resolve();
    signal?.addEventListener("abort", wake, { once: true });
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener("abort", wake);
    all.delete(resolve);
    if (all.size === 0) this.#waiting.delete(id);
  }
}
