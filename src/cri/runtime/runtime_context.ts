/** What the methods of RuntimeService work with. */

import type { Agent } from "../../engine/agent.ts";
import type { NetworkSettings } from "../../engine/network/find_networks.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { CgroupManager } from "../../image/cgroups_path.ts";
import type { ContainerEventResponse } from "../api/api_pb.js";
import type { NodeStats } from "../stats/node_stats.ts";
import type { StreamingServer } from "../streaming/streaming_server.ts";
import type { Exits } from "./containers/exits.ts";
import type { Removals } from "./containers/removals.ts";
import type { Stops } from "./containers/stops.ts";
import type { EventHub } from "./state/event_hub.ts";
import type { Jobs } from "./state/jobs.ts";
import type { KnownObjects } from "./state/known_objects.ts";
import type { UnmanagedStates } from "./state/unmanaged_states.ts";
import type { Turns } from "./state/turns.ts";

/** What an administrator sets. */
export interface RuntimeSettings {
  /**
   * The OCI runtime of pods that name none: its name or absolute path.
   *
   * @default {runc, else crun}
   */
  readonly runtime?: string | undefined;
  /**
   * Who makes control groups; the kubelet is told.
   *
   * @default {"cgroupfs"}
   */
  readonly cgroupManager?: CgroupManager | undefined;
  /**
   * Where networks are described, and which of them pods join.
   *
   * @default {the first that the host describes}
   */
  readonly networks?: NetworkSettings | undefined;
}

/** Calls that go on without their caller, by what they make or change. */
export interface RuntimeJobs {
  /** Under the name of what is made. */
  readonly making: Jobs<ContainerId>;
  /** Under the ID of what is changed, with what is done. */
  readonly changing: Jobs<void>;
}

/** What became of a container's process before its start. */
export type MadeProcess =
  | { readonly kind: "made" }
  | { readonly kind: "failed"; readonly error: unknown };

/** What the methods of RuntimeService share. */
export interface RuntimeContext {
  readonly agent: Agent;
  readonly settings: RuntimeSettings;
  readonly streaming: StreamingServer;
  readonly objects: KnownObjects;
  readonly unmanaged: UnmanagedStates;
  readonly turns: Turns;
  readonly jobs: RuntimeJobs;
  /** Of containers that were created, and wait to be started. */
  readonly processes: Map<ContainerId, MadeProcess>;
  /** Of containers, when that was answered. */
  readonly removals: Removals;
  readonly exits: Exits;
  readonly stops: Stops;
  readonly stats: NodeStats;
  readonly events: EventHub<ContainerEventResponse>;
}
