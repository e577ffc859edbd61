/** The context of RuntimeService's methods. */

import type { Agent } from "../../engine/agent.ts";
import type { NetworkSettings } from "../../engine/network/find_networks.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { CgroupManager } from "../../image/cgroups_path.ts";
import type { ContainerEventResponse } from "../api/api_pb.js";
import { NodeStats, type StatsReaders } from "../stats/node_stats.ts";
import type { StreamingServer } from "../streaming/streaming_server.ts";
import { Exits } from "./containers/exits.ts";
import { Removals } from "./containers/removals.ts";
import { Stops } from "./containers/stops.ts";
import { EventHub } from "./state/event_hub.ts";
import { Jobs } from "./state/jobs.ts";
import { KnownObjects } from "./state/known_objects.ts";
import { UnmanagedStates } from "./state/unmanaged_states.ts";
import { Turns } from "./state/turns.ts";

/** Settings of the administrator. */
export interface RuntimeSettings {
  /**
   * The OCI runtime of pods that name none: its name or absolute path.
   *
   * @default {runc, else crun}
   */
  readonly runtime?: string | undefined;
  /**
   * The cgroup manager, which is reported to the kubelet.
   *
   * @default {"cgroupfs"}
   */
  readonly cgroupManager?: CgroupManager | undefined;
  /**
   * The directories of networks, and the networks that pods join.
   *
   * @default {the first that the host describes}
   */
  readonly networks?: NetworkSettings | undefined;
}

/** Jobs that continue without their caller, by the object. */
export interface RuntimeJobs {
  /** By the name of the new object. */
  readonly making: Jobs<ContainerId>;
  /** By the ID of the object and the action. */
  readonly changing: Jobs<void>;
}

/** The process of a created container. */
export type MadeProcess = { readonly kind: "made" } | FailedProcess;

/** A process that could not be made. */
export interface FailedProcess {
  readonly kind: "failed";
  readonly error: unknown;
}

/** The shared state of RuntimeService's methods. */
export interface RuntimeContext {
  readonly agent: Agent;
  readonly settings: RuntimeSettings;
  readonly streaming: StreamingServer;
  readonly objects: KnownObjects;
  readonly unmanaged: UnmanagedStates;
  readonly turns: Turns;
  readonly jobs: RuntimeJobs;
  /** Processes of containers that wait to be started. */
  readonly processes: Map<ContainerId, MadeProcess>;
  /** Removals of containers that continue after their response. */
  readonly removals: Removals;
  readonly exits: Exits;
  readonly stops: Stops;
  readonly stats: StatsReaders;
  readonly events: EventHub<ContainerEventResponse>;
}

/** Makes the context of a store; nothing of the store has been read yet. */
export function makeContext(
  given: Pick<RuntimeContext, "agent" | "settings" | "streaming">,
): RuntimeContext & { readonly stats: NodeStats } {
  const { agent } = given;
  const exits = new Exits(agent);
  return {
    ...given,
    objects: new KnownObjects(agent),
    unmanaged: new UnmanagedStates(agent),
    turns: new Turns(),
    jobs: { making: new Jobs(), changing: new Jobs() },
    processes: new Map(),
    removals: new Removals(),
    exits,
    stops: new Stops(agent, exits),
    stats: new NodeStats(agent),
    events: new EventHub(),
  };
}
