/** Stops containers: concurrent calls share one stop. */

import type { Agent } from "../../../engine/agent.ts";
import {
  endProcess,
  stopSignalOf,
} from "../../../engine/containers/end_process.ts";
import { findRuntimesOf } from "../../../engine/runtimes/find_runtime.ts";
import { sendSignal } from "../../../engine/runtimes/oci_runtime.ts";
import { SIGNAL_KILL } from "../../../formats/config/signals.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import type { Exits } from "./exits.ts";

interface Stop {
  readonly done: Promise<void>;
  /** The time of SIGKILL, by `performance.now()`. */
  endMs: number;
  /** Checks the time again. */
  wake: () => void;
}

// SIGKILL works at once, unless the kernel waits for a disk, or it is paused.
const KILL_MS = 2_000;

/** The running stops. */
export class Stops {
  readonly #agent: Agent;
  readonly #exits: Exits;
  readonly #stops = new Map<ContainerId, Stop>();

  /** None is under way. */
  constructor(agent: Agent, exits: Exits) {
    this.#agent = agent;
    this.#exits = exits;
  }

  /**
   * Ends a container's process. A concurrent call joins the running stop, and may
   * shorten its time.
   *
   * @param timeoutMs The time after the stop signal; with 0 no stop signal is sent.
   * @throws {InUseError} If it does not end.
   */
  async stop(
    id: ContainerId,
    { timeoutMs }: { readonly timeoutMs: number },
  ): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    const other = this.#stops.get(id);
    if (other !== undefined) {
      other.endMs = Math.min(other.endMs, endMs);
      other.wake();
      return await other.done;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const stop: Stop = { done: promise, endMs, wake: () => {} };
    this.#stops.set(id, stop);
    this.#run(id, stop)
      .then(resolve, reject)
      .finally(() => this.#stops.delete(id));
    await promise;
  }

  async #run(id: ContainerId, stop: Stop): Promise<void> {
    if (stop.endMs > performance.now()) {
      await this.#tell(id, stopSignalOf(this.#agent, id));
    }
    while (stop.endMs > performance.now()) {
      if (await this.#waitFor(id, stop)) return;
    }
    await this.#tell(id, SIGNAL_KILL);
    if (await this.#exits.wait(id, { timeoutMs: KILL_MS })) return;
    // It may need more than a signal, such as a resume.
    await endProcess(this.#agent, id, { timeMs: 0 });
    // Without its conmon the exit is unknown, but the process has ended.
    await this.#exits.wait(id, { timeoutMs: KILL_MS });
  }

  /** Waits for the end, or until the time is up, or is another one. */
  async #waitFor(id: ContainerId, stop: Stop): Promise<boolean> {
    const timeoutMs = stop.endMs - performance.now();
    const changed = new AbortController();
    stop.wake = () => changed.abort();
    try {
      const { signal } = changed;
      return await this.#exits.wait(id, { timeoutMs, signal });
    } catch (error) {
      if (changed.signal.aborted) return false;
      throw error;
    }
  }

  async #tell(id: ContainerId, number: number): Promise<void> {
    for (const runtime of findRuntimesOf(this.#agent, id)) {
      await sendSignal(runtime, id, { number });
    }
  }
}
