/** What every use case works with: a store, mounts, and settings. */

import { PAUSE_IMAGE_NAME } from "../image/pause_image_name.ts";
import type { Mounter } from "../mount/mounter.ts";
import { systemMounter } from "../mount/system_mounter.ts";
import { type Host, openHost } from "../process/host.ts";
import type { Libc } from "../process/libc.ts";
import type { LoadRegistriesConfOptions } from "../registry/config/load_registries_conf.ts";
import type { PartRules } from "./part_rules.ts";
import { openStore } from "../store/open_store.ts";
import type { Store } from "../store/store.ts";
import { closableStore } from "./closable_store.ts";

/**
 * An open store with its settings, as callers of the library hold it. The records
 * themselves are not in it: only use cases change them.
 *
 * Any number of calls may use it at once, for as long as a process lives. They get
 * the store in the order of their calls; readers share it. Objects that are created
 * or deleted while others wait are handled in one group. A call that waits can be
 * aborted. Between calls nothing is held, so a process may end without disposing of
 * it. `await using` ends the calls that wait, and waits for those that have begun;
 * later calls are refused.
 *
 * @example
 * ```ts
 * import { ImageServer, listContainers, openAgent } from "orlop";
 * const root = await Deno.makeTempDir();
 * await using agent = openAgent({ root, runRoot: `${root}/run` });
 * const server = new ImageServer(agent);
 * const [images, containers] = await Promise.all([
 *   server.listImages(),
 *   listContainers(agent),
 * ]);
 * ```
 */
export interface AgentHandle extends AsyncDisposable {
  /** Makes a pod's infra container; pulled when missing unless embedded. */
  readonly pauseImage: string;
  /** Options that every mount gets, such as `nodev`. */
  readonly mountOptions: readonly string[];
  /** Where registries.conf is, and what it depends on. */
  readonly registries: LoadRegistriesConfOptions;
  /** Images that no cleanup removes: a name, `start*` or `*middle*`. */
  readonly pinnedImages: readonly string[];
  /** When large blobs are fetched over several connections. */
  readonly parts: PartRules;
  /** The name of this caller, shown to other processes: `orlop pull`. */
  readonly caller: string;
  /** Receives log messages. */
  readonly log: Log;
}

/** What use cases work with: more than their callers see. */
export interface Agent extends AgentHandle {
  /** Where images and containers are kept. */
  readonly store: Store;
  /** What mounts. */
  readonly mounter: Mounter;
  /** The machine's limits and devices. */
  readonly host: Host;
}

const agents = new WeakMap<AgentHandle, Agent>();

/** Makes a handle that hides the records. */
export function handleOf(agent: Agent): AgentHandle {
  const { store: _store, mounter: _mounter, host: _host, ...rest } = agent;
  const handle: AgentHandle = Object.freeze(rest);
  agents.set(handle, agent);
  return handle;
}

/**
 * The agent behind a handle.
 *
 * @throws {TypeError} If it is not from `openAgent()`.
 */
export function insideOf(handle: AgentHandle): Agent {
  const agent = isWhole(handle) ? handle : agents.get(handle);
  if (agent !== undefined) return agent;
  throw new TypeError("Cannot use the agent: it is not from openAgent()");
}

function isWhole(handle: AgentHandle): handle is Agent {
  return ["store", "mounter", "host"].every((member) => member in handle);
}

/** Receives log messages; by default they are dropped. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: LogFields,
) => void;

/** What a message is about, for programs: `pod`, `container`, `method`, … */
export type LogFields = Readonly<Record<string, string | number>>;

/** How much a message matters. */
export type LogLevel = "debug" | "info" | "warn";

/** How to open an agent. */
export interface AgentOptions {
  /** The graph root: absolute. */
  readonly root: string;
  /** The run root: absolute, on a file system that reboots empty. */
  readonly runRoot: string;
  /**
   * From `takeLibc()`; without it the store must not be shared.
   *
   * @default {none}
   */
  readonly libc?: Libc | undefined;
  /**
   * How long to wait for a lock, in milliseconds.
   *
   * @default {Infinity}
   */
  readonly lockTimeoutMs?: number | undefined;
  /**
   * `"write"` requires a store without damage before anything is read; `"read"`
   * also reads a damaged store, as far as possible. If omitted, each call does what
   * it needs.
   *
   * @default {what each call needs}
   */
  readonly purpose?: "read" | "write" | undefined;
  /**
   * `"leave"` treats a missing store as an empty one.
   *
   * @default {"make"}
   */
  readonly ifMissing?: "make" | "leave" | undefined;
  /**
   * What infra containers are made of.
   *
   * @default {the embedded image}
   */
  readonly pauseImage?: string | undefined;
  /**
   * Options that every mount gets, such as `nodev`.
   *
   * @default {[]}
   */
  readonly mountOptions?: readonly string[] | undefined;
  /**
   * Where registries.conf is.
   *
   * @default {where root has it}
   */
  readonly registries?: LoadRegistriesConfOptions | undefined;
  /**
   * Beside the pause image; see {@linkcode Agent.pinnedImages}.
   *
   * @default {[]}
   */
  readonly pinnedImages?: readonly string[] | undefined;
  /**
   * When large blobs are fetched over several connections.
   *
   * @default {over four, from 64 MiB, if one is slow}
   */
  readonly parts?: PartRules | undefined;
  /**
   * The name of the caller, such as `orlop pull`: other processes see it beside its
   * pulls.
   *
   * @default {nothing is said}
   */
  readonly caller?: string | undefined;
  /**
   * Receives log messages.
   *
   * @default {none}
   */
  readonly log?: Log | undefined;
  /**
   * What mounts.
   *
   * @default {the system's programs}
   */
  readonly mounter?: Mounter | undefined;
}

/**
 * Opens an agent on a store, which is created if missing, unless `ifMissing` is
 * `"leave"`.
 *
 * @throws {UnsupportedStoreError} If orlop must not touch the store.
 */
export function openAgent(options: AgentOptions): Agent {
  const { log = () => {}, libc } = options;
  const opened = openStore({
    root: options.root,
    runRoot: options.runRoot,
    libc,
    lockTimeoutMs: options.lockTimeoutMs,
    purpose: options.purpose,
    ifMissing: options.ifMissing,
    onWarning: (message) => log("warn", message),
  });
  return agentOn(opened, options);
}

/** Makes an agent of a store on a disk or in memory. */
export function agentOn(
  opened: Store,
  options: Omit<AgentOptions, "root" | "runRoot">,
): Agent {
  const { log = () => {}, libc } = options;
  const { store, close } = closableStore(opened);
  return {
    store,
    [Symbol.asyncDispose]: close,
    mounter: options.mounter ?? systemMounter(libc),
    host: openHost(libc),
    pauseImage: options.pauseImage ?? PAUSE_IMAGE_NAME,
    mountOptions: options.mountOptions ?? [],
    registries: options.registries ?? {},
    pinnedImages: options.pinnedImages ?? [],
    parts: options.parts ?? {},
    caller: options.caller ?? "",
    log,
  };
}
