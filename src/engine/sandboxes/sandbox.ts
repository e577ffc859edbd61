/** Sandboxes: pods with namespaces, addresses and files of their own. */

import type { NetworkDns } from "../../formats/cni/plugin_input.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { UserMap } from "../../formats/storage/user_map.ts";
import type { NetworkSettings } from "../network/find_networks.ts";

/** What a new sandbox is to be; kept with it. */
export interface SandboxRequest {
  /**
   * The ID of its infra container.
   *
   * @default {one that is invented}
   */
  readonly podId?: string | undefined;
  /** The name of the record: unique in the store. */
  readonly podName: string;
  /** How an orchestrator calls it. */
  readonly metadata: SandboxMetadata;
  /** As is seen in it; the host's own if it shares the host's network. */
  readonly hostname: string;
  /**
   * Where its containers' logs go: made if it is missing. Absolute.
   *
   * @default {none}
   */
  readonly logDirectory?: string | undefined;
  /**
   * How it resolves names.
   *
   * @default {as the host}
   */
  readonly dns?: NetworkDns | undefined;
  /** Ports of the host that lead to it; those without a host port do nothing. */
  readonly ports: readonly SandboxPort[];
  /** What it has of its own. */
  readonly namespaces: SandboxNamespaces;
  /**
   * The users of a user namespace of its own. It owns the others, so these are the
   * sandbox's own, too.
   *
   * @default {the host's}
   */
  readonly users?: UserMap | undefined;
  /** Settings of the kernel, as sysctl(8) names them. */
  readonly sysctls: Readonly<Record<string, string>>;
  /**
   * The control group that its containers are in: made if it is missing.
   *
   * @default {each container's own}
   */
  readonly cgroupParent?: string | undefined;
  /**
   * Who makes control groups: the runtime itself, or systemd for it.
   *
   * @default {systemd if the parent is a slice}
   */
  readonly cgroupManager?: "cgroupfs" | "systemd" | undefined;
  /** The caller's, to select by. */
  readonly labels: Readonly<Record<string, string>>;
  /** The caller's; those for bandwidth count here, too. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The caller's name of an OCI runtime; `""` for its default. */
  readonly runtimeHandler: string;
  /**
   * The name or the path of the OCI runtime, for a process of its own.
   *
   * @default {runc, else crun}
   */
  readonly runtime?: string | undefined;
  /**
   * Which networks it joins.
   *
   * @default {the first that the host describes}
   */
  readonly networks?: NetworkSettings | undefined;
  /**
   * Whatever the caller keeps with it: a value of JSON.
   *
   * @default {null}
   */
  readonly note?: unknown;
}

/** How an orchestrator calls a pod. */
export interface SandboxMetadata {
  /** Of the pod: not unique. */
  readonly name: string;
  /** Unique for the orchestrator; `""` for none. */
  readonly uid: string;
  /** The orchestrator's; `""` for none. */
  readonly namespace: string;
  /** How often it was made again. */
  readonly attempt: number;
}

/** A port of a sandbox. */
export interface SandboxPort {
  /** What is led to it. */
  readonly protocol: "tcp" | "udp" | "sctp";
  /** The sandbox's own. */
  readonly containerPort: number;
  /** 0 is none. */
  readonly hostPort: number;
  /**
   * The only address of the host with this port.
   *
   * @default {all of them}
   */
  readonly hostIp?: string | undefined;
}

/** What a sandbox has of its own, and what it shares with the host. */
export interface SandboxNamespaces {
  /** `"node"` is the host's, its name as well. */
  readonly network: "pod" | "node";
  /** Shared memory and queues. */
  readonly ipc: "pod" | "node";
  /** `"pod"`: all its containers see each other; it takes a process of its own. */
  readonly pid: "pod" | "container" | "node";
}

/** A sandbox that was made. */
export interface Sandbox {
  /** That of its infra container. */
  readonly id: ContainerId;
  /** Whether containers can be run in it. */
  readonly state: "ready" | "not-ready";
  /** Since 1970. */
  readonly createdAtNs: bigint;
  /** What was asked for. */
  readonly request: SandboxRequest;
  /**
   * What its maker has noted since; a value of JSON.
   *
   * @default {nothing}
   */
  readonly update?: unknown;
  /** The files that namespaces of its own are pinned to; undefined: the host's. */
  readonly namespaces: NamespacePaths;
  /** The addresses that its networks gave it, the first network's first. */
  readonly ips: readonly string[];
  /** What its containers have as `/dev/shm`. */
  readonly shmDirectory: string;
  /** What its containers have in `/etc`. */
  readonly files: SandboxFiles;
  /**
   * Of the process that keeps a PID namespace: only for `pid: "pod"`.
   *
   * @default {there is none}
   */
  readonly pid?: number | undefined;
}

/** Where the namespaces of a sandbox are pinned; absolute. */
export interface NamespacePaths {
  /**
   * With its own addresses and ports.
   *
   * @default {the host's}
   */
  readonly network?: string | undefined;
  /**
   * With its own shared memory and queues.
   *
   * @default {the host's}
   */
  readonly ipc?: string | undefined;
  /**
   * With its own host name.
   *
   * @default {the host's}
   */
  readonly uts?: string | undefined;
  /**
   * With its own users.
   *
   * @default {the host's}
   */
  readonly user?: string | undefined;
  /**
   * Of a process below /proc.
   *
   * @default {none that containers share}
   */
  readonly pid?: string | undefined;
}

/** Files for `/etc` of a sandbox's containers; absolute. */
export interface SandboxFiles {
  /** For `/etc/resolv.conf`. */
  readonly resolvConf: string;
  /** For `/etc/hostname`. */
  readonly hostname: string;
  /** For `/etc/hosts`. */
  readonly hosts: string;
}
