/** What a container shares with the host, and what it has of its own. */

import type { RuntimeNamespace } from "../formats/oci/runtime_spec.ts";

/** Each is its own unless it says `"host"`. */
export interface ContainerNamespaces {
  /** `"none"` is a loopback only, `"host"` all that the host has. */
  readonly network: "none" | "host";
  /**
   * Which processes it sees.
   *
   * @default {"private"}
   */
  readonly pid?: "private" | "host" | undefined;
  /**
   * Shared memory and queues; `"none"` has no `/dev/shm`, either.
   *
   * @default {"private"}
   */
  readonly ipc?: "private" | "host" | "none" | undefined;
  /**
   * The host name.
   *
   * @default {"private"}
   */
  readonly uts?: "private" | "host" | undefined;
  /**
   * `"private"` hides the host's tree, and takes cgroup v2.
   *
   * @default {"private" with cgroup v2, else "host"}
   */
  readonly cgroupNamespace?: "private" | "host" | undefined;
}

/** Lists those that a runtime has to make. */
export function makeNamespaces(
  { network, pid, ipc, uts, cgroupNamespace }: ContainerNamespaces,
): readonly RuntimeNamespace[] {
  return [
    ...(pid === "host" ? [] : ["pid"]),
    ...(ipc === "host" ? [] : ["ipc"]),
    ...(uts === "host" ? [] : ["uts"]),
    "mount",
    ...(network === "none" ? ["network"] : []),
    ...(cgroupNamespace === "private" ? ["cgroup"] : []),
  ].map((type) => ({ type }));
}
