/** The context of RuntimeService's methods. */

import type { Agent } from "../../engine/agent.ts";
import type { NetworkSettings } from "../../engine/network/find_networks.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { CgroupManager } from "../../image/cgroups_path.ts";
import type { ContainerEventResponse } from "../api/api_pb.js";
import type { StatsReaders } from "../stats/node_stats.ts";
import type { StreamingServer } from "../streaming/streaming_server.ts";
import type { Exits } from "./containers/exits.ts";
import type { Removals } from "./containers/removals.ts";
import type { Stops } from "./containers/stops.ts";
import type { EventHub } from "./state/event_hub.ts";
import type { Jobs } from "./state/jobs.ts";
import type { KnownObjects } from "./state/known_objects.ts";
import type { UnmanagedStates } from "./state/unmanaged_states.ts";
import type { Turns } from "./state/turns.ts";

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
export type MadeProcess =
  | { readonly kind: "made" }
  | { readonly kind: "failed"; readonly error: unknown };

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
