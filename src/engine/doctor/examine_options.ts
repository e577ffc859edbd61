/** What to examine: a machine, and a store on it. */

import type { Abortable } from "../../errors/abort.ts";
import { PROXY_NAMES } from "../../registry/proxy/proxy_rules.ts";
import type { NetworkSettings } from "../network/find_networks.ts";
import type { Libc } from "../../process/libc.ts";

/** What to examine. */
export interface ExamineOptions extends Abortable {
  /** The graph root: absolute. */
  readonly root: string;
  /** The run root: absolute. */
  readonly runRoot: string;
  /** From `takeLibc()`, if available. */
  readonly libc: Libc | undefined;
  /**
   * Settings for the checks of a Kubernetes node and of container networks.
   *
   * @default {not checked}
   */
  readonly node?: NodeSettings | undefined;
  /** The environment, as far as it may be read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Settings of a node. */
export interface NodeSettings {
  /** Whether the node is to run `orlop serve`: then missing parts are failures. */
  readonly isServed: boolean;
  /** Where networks are described. */
  readonly networks: NetworkSettings;
  /** Who makes control groups. */
  readonly cgroupManager: "cgroupfs" | "systemd";
  /**
   * The OCI runtime of pods: its name or absolute path.
   *
   * @default {runc, else crun}
   */
  readonly runtime?: string | undefined;
}

/** The variables of {@linkcode ExamineOptions.env} that matter. */
export const EXAMINE_ENV: readonly string[] = PROXY_NAMES;
