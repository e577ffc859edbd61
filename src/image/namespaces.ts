/** The namespaces of a container. */

import type { RuntimeNamespace } from "../formats/oci/runtime_spec.ts";

/** An existing namespace to join. */
export interface JoinedNamespace {
  /** A file that stands for it; absolute. */
  readonly path: string;
}

/** Each is its own unless it says `"host"`, or is joined. */
export interface ContainerNamespaces {
  /** `"none"` is a loopback only, `"host"` all that the host has. */
  readonly network: "none" | "host" | JoinedNamespace;
  /**
   * Which processes it sees.
   *
   * @default {"private"}
   */
  readonly pid?: "private" | "host" | JoinedNamespace | undefined;
  /**
   * Shared memory and queues; `"none"` has no `/dev/shm`, either.
   *
   * @default {"private"}
   */
  readonly ipc?: "private" | "host" | "none" | JoinedNamespace | undefined;
  /**
   * The host name.
   *
   * @default {"private"}
   */
  readonly uts?: "private" | "host" | JoinedNamespace | undefined;
  /**
   * Its users; one that is joined owns the others that are joined.
   *
   * @default {the host's}
   */
  readonly userNamespace?: JoinedNamespace | undefined;
  /**
   * `"private"` hides the host's tree, and takes cgroup v2.
   *
   * @default {"private" with cgroup v2, else "host"}
   */
  readonly cgroupNamespace?: "private" | "host" | undefined;
}

/** Lists those that a runtime has to make, or to join. */
export function makeNamespaces(
  { network, pid, ipc, uts, userNamespace, cgroupNamespace }:
    ContainerNamespaces,
): readonly RuntimeNamespace[] {
  return [
    ...(userNamespace ? [{ type: "user", path: userNamespace.path }] : []),
    ...namespaceOf("pid", pid),
    ...namespaceOf("ipc", ipc),
    ...namespaceOf("uts", uts),
    { type: "mount" },
    ...namespaceOf("network", network),
    ...(cgroupNamespace === "private" ? [{ type: "cgroup" }] : []),
  ];
}

function namespaceOf(
  type: string,
  choice: "private" | "none" | "host" | JoinedNamespace | undefined,
): readonly RuntimeNamespace[] {
  if (choice === "host") return [];
  return [typeof choice === "object" ? { type, path: choice.path } : { type }];
}
