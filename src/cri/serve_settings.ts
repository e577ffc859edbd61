/** What an administrator says about serving Kubernetes. */

import type { CgroupManager } from "../image/cgroups_path.ts";

/** How to serve. */
export interface ServeSettings {
  /** The socket's path; absolute. */
  readonly listen: string;
  /** Where the networks of pods are described. */
  readonly cniConfDir: string;
  /** Where the plugins are that make them, in the order of the search. */
  readonly cniBinDirs: readonly string[];
  /** The OCI runtime, by name or path; the first that is installed if undefined. */
  readonly runtime: string | undefined;
  /** Who makes cgroups. */
  readonly cgroupManager: CgroupManager;
  /** Where metrics are read by HTTP; nowhere if undefined. */
  readonly metricsListen: HostAndPort | undefined;
}

/** Where a server listens. */
export interface HostAndPort {
  /** An address of this machine, without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** What can make cgroups. */
export const CGROUP_MANAGERS: readonly CgroupManager[] = [
  "cgroupfs",
  "systemd",
];
