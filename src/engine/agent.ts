/** What every use case works with: a store, mounts, and settings. */

import { PAUSE_IMAGE_NAME } from "../image/pause_image.ts";
import { type Mounter, systemMounter } from "../mount/mounter.ts";
import { type Host, openHost } from "../process/host.ts";
import type { Libc } from "../process/libc.ts";
import type { LoadRegistriesConfOptions } from "../registry/config/load_registries_conf.ts";
import { openStore } from "../store/open_store.ts";
import type { Store } from "../store/store.ts";

/** What use cases are given. */
export interface Agent {
  /** Where images and containers are kept. */
  readonly store: Store;
  /** What mounts. */
  readonly mounter: Mounter;
  /** The machine's limits and devices. */
  readonly host: Host;
  /** Makes a pod's infra container; pulled when missing unless embedded. */
  readonly pauseImage: string;
  /** Options that every mount gets, such as `nodev`. */
  readonly mountOptions: readonly string[];
  /** Where registries.conf is, and what it depends on. */
  readonly registries: LoadRegistriesConfOptions;
  /** Images that no cleanup removes: a name, `start*` or `*middle*`. */
  readonly pinnedImages: readonly string[];
  /** Told what happens. */
  readonly log: Log;
}

/** Where messages go: to nowhere unless the caller says otherwise. */
export type Log = (level: LogLevel, message: string) => void;

/** How much a message matters. */
export type LogLevel = "debug" | "info" | "warn";

/** How to open an agent. */
export interface AgentOptions {
  /** The graph root: absolute. */
  readonly root: string;
  /** The run root: absolute, on a file system that reboots empty. */
  readonly runRoot: string;
  /** From `takeLibc()`; without it the store must not be shared. */
  readonly libc?: Libc | undefined;
  /** How long to wait for a lock, in milliseconds; left out, for ever. */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * `"write"` demands a store without damage before anything is read; `"read"`
   * shows what can be read beside the damage. Left out, each call does what it
   * needs.
   */
  readonly purpose?: "read" | "write" | undefined;
  /** `"leave"` takes a store that is not there for an empty one. */
  readonly ifMissing?: "make" | "leave" | undefined;
  /** What infra containers are made of; left out, the embedded image. */
  readonly pauseImage?: string | undefined;
  /** Options that every mount gets, such as `nodev`. */
  readonly mountOptions?: readonly string[] | undefined;
  /** Where registries.conf is; left out, where root has it. */
  readonly registries?: LoadRegistriesConfOptions | undefined;
  /** Beside the pause image; see {@linkcode Agent.pinnedImages}. */
  readonly pinnedImages?: readonly string[] | undefined;
  /** Told what happens; left out, nobody is. */
  readonly log?: Log | undefined;
  /** What mounts; left out, the system's programs. */
  readonly mounter?: Mounter | undefined;
}

/**
 * Opens an agent on a store, which is made if it is new, unless it is not to.
 *
 * @param options Where the store is, and settings.
 * @throws {UnsupportedStoreError} If orlop must not touch the store.
 * @example
 * ```ts
 * import { openAgent } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({
 *   root,
 *   runRoot: `${root}/run`,
 *   pinnedImages: ["registry.k8s.io/pause*"],
 *   log: (level, message) => console.log(level, message),
 * });
 * ```
 */
export function openAgent(options: AgentOptions): Agent {
  const { log = () => {}, libc } = options;
  return {
    store: openStore({
      root: options.root,
      runRoot: options.runRoot,
      libc,
      lockTimeoutMs: options.lockTimeoutMs,
      purpose: options.purpose,
      ifMissing: options.ifMissing,
      onWarning: (message) => log("warn", message),
    }),
    mounter: options.mounter ?? systemMounter(libc),
    host: openHost(libc),
    pauseImage: options.pauseImage ?? PAUSE_IMAGE_NAME,
    mountOptions: options.mountOptions ?? [],
    registries: options.registries ?? {},
    pinnedImages: options.pinnedImages ?? [],
    log,
  };
}
