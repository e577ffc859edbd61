/** Sandboxes: pods with namespaces, addresses and files of their own. */

import type { NetworkDns } from "../../formats/cni/plugin_input.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { UserMap } from "../../formats/storage/user_map.ts";
import type { NetworkSettings } from "../network/find_networks.ts";

/** The request for a new sandbox; stored with it. */
export interface SandboxRequest {
  /**
   * The ID of its infra container.
   *
   * @default {a random one}
   */
  readonly podId?: string | undefined;
  /** The name of the record: unique in the store. */
  readonly podName: string;
  /** Its name for an orchestrator. */
  readonly metadata: SandboxMetadata;
  /** Its host name; the host's own if it shares the host's network. */
  readonly hostname: string;
  /**
   * The directory of its containers' logs, absolute: made if missing.
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
  /** Port mappings from the host; those without a host port have no effect. */
  readonly ports: readonly SandboxPort[];
  /** Its own namespaces. */
  readonly namespaces: SandboxNamespaces;
  /**
   * The users of a user namespace of its own. It owns the other namespaces, so
   * these must be the sandbox's own, too.
   *
   * @default {the host's}
   */
  readonly users?: UserMap | undefined;
  /** Settings of the kernel, as sysctl(8) names them. */
  readonly sysctls: Readonly<Record<string, string>>;
  /**
   * The control group of its containers: made if missing.
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
  /** Labels of the caller, for selection. */
  readonly labels: Readonly<Record<string, string>>;
  /** Annotations of the caller; those for bandwidth are applied. */
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
   * Data of the caller: a JSON value.
   *
   * @default {null}
   */
  readonly note?: unknown;
}

/** The identity of a pod for an orchestrator. */
export interface SandboxMetadata {
  /** The name of the pod: not unique. */
  readonly name: string;
  /** Unique for the orchestrator; `""` for none. */
  readonly uid: string;
  /** The orchestrator's; `""` for none. */
  readonly namespace: string;
  /** The number of earlier attempts. */
  readonly attempt: number;
}

/** A port of a sandbox. */
export interface SandboxPort {
  /** The protocol. */
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

/** The namespaces of a sandbox: its own, or the host's. */
export interface SandboxNamespaces {
  /** `"node"` is the host's, including its host name. */
  readonly network: "pod" | "node";
  /** Shared memory and queues. */
  readonly ipc: "pod" | "node";
  /** `"pod"`: its containers share one; it needs a process. */
  readonly pid: "pod" | "container" | "node";
}

/** An existing sandbox. */
export interface Sandbox {
  /** That of its infra container. */
  readonly id: ContainerId;
  /** Whether containers can be run in it. */
  readonly state: "ready" | "not-ready";
  /** Since 1970. */
  readonly createdAtNs: bigint;
  /** The original request. */
  readonly request: SandboxRequest;
  /**
   * Later data of the caller; a JSON value.
   *
   * @default {nothing}
   */
  readonly update?: unknown;
  /** The files that its own namespaces are pinned to; undefined for the host's. */
  readonly namespaces: NamespacePaths;
  /** The addresses that its networks gave it, the first network's first. */
  readonly ips: readonly string[];
  /** The `/dev/shm` of its containers. */
  readonly shmDirectory: string;
  /** Files for `/etc` of its containers. */
  readonly files: SandboxFiles;
  /**
   * The process that keeps a PID namespace: only for `pid: "pod"`.
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
