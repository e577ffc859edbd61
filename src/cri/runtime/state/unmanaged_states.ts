/**
 * States of containers that CRI did not make: read from files only, as lists must
 * be fast.
 */

import type { Agent } from "../../../engine/agent.ts";
import {
  hasRunner,
  tryReadLastRun,
} from "../../../engine/containers/last_run.ts";
import {
  findRuntimesOf,
  listStates,
  type RuntimeStates,
} from "../../../engine/runtimes/find_runtime.ts";
import {
  readExit,
  UNKNOWN_EXIT_CODE,
} from "../../../engine/containers/process_exit.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import { ContainerState } from "../../api/api_pb.js";
import { toNanoseconds } from "./nanoseconds.ts";

/** The state of a container, in CRI's terms. */
export interface UnmanagedState {
  readonly state: ContainerState;
  /** Nanoseconds since 1970; 0 if it did not begin. */
  readonly startedAtNs: bigint;
  /**
   * Nanoseconds since 1970; 0 if it has not ended, or its exit was not recorded.
   */
  readonly finishedAtNs: bigint;
  readonly exitCode: number;
}

// Kubelets list every second.
const KEPT_MS = 1000;

/** Caches states for a short time. */
export class UnmanagedStates {
  readonly #agent: Agent;
  #states = new Map<ContainerId, UnmanagedState>();
  #ofRuntimes: RuntimeStates | undefined;
  #readMs = -Infinity;

  /** Makes an empty cache. */
  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** The state of a container. */
  of(id: ContainerId): UnmanagedState {
    const nowMs = performance.now();
    if (nowMs - this.#readMs > KEPT_MS) {
      this.#states = new Map();
      this.#ofRuntimes = listStates(this.#agent);
      this.#readMs = nowMs;
    }
    const known = this.#states.get(id);
    if (known !== undefined) return known;
    const state = this.#look(id);
    this.#states.set(id, state);
    return state;
  }

  #look(id: ContainerId): UnmanagedState {
    const run = tryReadLastRun(this.#agent, id);
    const exit = readExit(this.#agent, id);
    const isKnown =
      findRuntimesOf(this.#agent, id, this.#ofRuntimes).length > 0;
    const isRunning = hasRunner(this.#agent, id) ||
      (isKnown && exit === undefined);
    const startedAtNs = toNanoseconds(run?.startedAt);
    if (isRunning) {
      const state = ContainerState.CONTAINER_RUNNING;
      return { state, startedAtNs, finishedAtNs: 0n, exitCode: 0 };
    }
    if (run?.startedAt === undefined && exit === undefined) {
      const state = ContainerState.CONTAINER_CREATED;
      return { state, startedAtNs, finishedAtNs: 0n, exitCode: 0 };
    }
    return {
      state: ContainerState.CONTAINER_EXITED,
      startedAtNs,
      finishedAtNs: exit === undefined
        ? toNanoseconds(run?.finishedAt)
        : toNanoseconds(exit.finishedAtMs),
      exitCode: exit?.exitCode ?? run?.exitCode ?? UNKNOWN_EXIT_CODE,
    };
  }
}
