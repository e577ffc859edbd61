/** Checks storage.conf for the default store of the host. */

import {
  applyStorageConf,
  EMPTY_STORAGE_CONF,
  type StorageConf,
} from "../formats/config/storage_conf.ts";
import {
  type ConfigEnvironment,
  STORAGE_CONF,
} from "../registry/config/config_paths.ts";
import { readConfigFiles } from "../registry/config/read_config_files.ts";
import type { StoreLocation } from "../store/paths.ts";

/** Whether orlop may use a store. */
export interface StorageAdvice {
  /** Why it must not, as the end of a sentence; omitted if it may. */
  readonly refusal?: string;
  /** Settings that orlop ignores. */
  readonly warnings: readonly string[];
}

// The defaults of containers/storage.
const DEFAULT_PLACE: StoreLocation = {
  root: "/var/lib/containers/storage",
  runRoot: "/run/containers/storage",
};
const FINE: StorageAdvice = { warnings: [] };

/**
 * Reads storage.conf, and checks whether orlop may use a store as podman does. It
 * says nothing about stores other than the one it names.
 *
 * @param place The store's two directories.
 * @param environment Where to look for storage.conf.
 * @throws {SyntaxError} If a file is malformed; names it.
 * @example
 * ```ts
 * import { type Agent, openAgent, readStorageAdvice } from "orlop";
 * async function openShared(): Promise<Agent> {
 *   const root = "/var/lib/containers/storage";
 *   const place = { root, runRoot: "/run/containers/storage" };
 *   const { refusal } = await readStorageAdvice(place);
 *   if (refusal !== undefined) throw new Error(refusal);
 *   return openAgent(place);
 * }
 * ```
 */
export async function readStorageAdvice(
  place: StoreLocation,
  environment: ConfigEnvironment = {},
): Promise<StorageAdvice> {
  const files = await readConfigFiles(STORAGE_CONF, environment);
  const conf = files.reduce(
    (conf, { path, text }) => applyStorageConf(conf, text, path),
    EMPTY_STORAGE_CONF,
  );
  const root = conf.graphRoot ?? DEFAULT_PLACE.root;
  if (realPath(root) !== realPath(place.root)) return FINE;
  return advise(place, conf);
}

function advise({ runRoot }: StoreLocation, conf: StorageConf): StorageAdvice {
  const usualRunRoot = conf.runRoot ?? DEFAULT_PLACE.runRoot;
  const problem = findProblem(conf);
  const refusal = problem ??
    (realPath(usualRunRoot) === realPath(runRoot)
      ? undefined
      : `podman keeps its mounts in "${usualRunRoot}", orlop would in ` +
        `"${runRoot}"; use --runroot ${usualRunRoot}`);
  const { additionalStores = [] } = conf;
  return {
    ...(refusal !== undefined && { refusal }),
    warnings: additionalStores.map((path) =>
      `What is in the additional store "${path}" of storage.conf is not seen`
    ),
  };
}

/** Settings with which orlop would misread or damage the store. */
function findProblem(conf: StorageConf): string | undefined {
  const { driver = "overlay", imageStore, transient, composefs } = conf;
  const { mountProgram, forceMask } = conf;
  // containers/storage treats both the same.
  if (driver !== "overlay" && driver !== "overlay2") {
    return said(`its driver is "${driver}"; only "overlay" is supported`);
  }
  if (imageStore !== undefined) {
    return said(`its images are in "${imageStore}" (imagestore)`);
  }
  if (transient === true) {
    return said(
      "its containers are kept where orlop does not look " +
        "(transient_store), and would lose their images",
    );
  }
  if (mountProgram !== undefined) {
    return said(`its layers are made for "${mountProgram}" (mount_program)`);
  }
  if (forceMask !== undefined) {
    return said(`the modes of its files are not real (force_mask)`);
  }
  return composefs === true
    ? said("its layers are files of composefs (use_composefs)")
    : undefined;
}

function said(what: string): string {
  return `by storage.conf ${what}`;
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return path.replace(/(?<=.)\/+$/, ""); // it does not exist yet
  }
}
