/** What is looked at: a machine, and a store on it. */

import type { Abortable } from "../../errors/abort.ts";
import { PROXY_NAMES } from "../../registry/proxy/proxy_rules.ts";
import type { NetworkSettings } from "../network/find_networks.ts";
import type { Libc } from "../../process/libc.ts";

/** What to look at. */
export interface ExamineOptions extends Abortable {
  /** The graph root: absolute. */
  readonly root: string;
  /** The run root: absolute. */
  readonly runRoot: string;
  /** From `takeLibc()`, if it could be had. */
  readonly libc: Libc | undefined;
  /**
   * What it is as a node of Kubernetes, or for networks of containers.
   *
   * @default {that is not looked at}
   */
  readonly node?: NodeSettings | undefined;
  /** The environment, as far as it may be read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** How a machine serves, if it does. */
export interface NodeSettings {
  /** Whether it is to serve: then what it lacks for that is a failure. */
  readonly isServed: boolean;
  /** Where networks are described. */
  readonly networks: NetworkSettings;
  /** Who makes control groups. */
  readonly cgroupManager: "cgroupfs" | "systemd";
}

/** The variables of {@linkcode ExamineOptions.env} that matter. */
export const EXAMINE_ENV: readonly string[] = PROXY_NAMES;
