/** storage.conf: containers-storage.conf(5), as far as it decides what a store is. */

import {
  asArray,
  asBoolean,
  asObject,
  asString,
  isObject,
  type JsonObject,
  optional,
} from "../json.ts";
import { malformed, parseTomlFile } from "./toml_file.ts";

/** The settings of the host's default store; undefined if not set. */
export interface StorageConf {
  readonly graphRoot: string | undefined;
  readonly runRoot: string | undefined;
  readonly driver: string | undefined;
  /** Where images are, if not in the graph root. */
  readonly imageStore: string | undefined;
  /** Whether containers are kept in the run root. */
  readonly transient: boolean | undefined;
  /** Stores of others whose images are used, too. */
  readonly additionalStores: readonly string[] | undefined;
  /** What mounts in place of the kernel, such as fuse-overlayfs. */
  readonly mountProgram: string | undefined;
  /** Which mode all files have, whatever images say. */
  readonly forceMask: string | undefined;
  /** Whether layers are files of composefs. */
  readonly composefs: boolean | undefined;
}

/** A configuration that says nothing. */
export const EMPTY_STORAGE_CONF: StorageConf = {
  graphRoot: undefined,
  runRoot: undefined,
  driver: undefined,
  imageStore: undefined,
  transient: undefined,
  additionalStores: undefined,
  mountProgram: undefined,
  forceMask: undefined,
  composefs: undefined,
};

/**
 * Merges a storage.conf, or a drop-in, over those read before.
 *
 * @param path Of the file, for errors.
 * @throws {SyntaxError} If it is malformed.
 */
export function applyStorageConf(
  base: StorageConf,
  text: string,
  path: string,
): StorageConf {
  const what = `"${path}", storage`;
  const storage = tableOf(parseTomlFile(text, path), "storage", what);
  const options = tableOf(storage, "options", what);
  const overlay = tableOf(options, "overlay", what);
  const option = (key: string) =>
    textOf(overlay, key, what) ?? textOf(options, key, what);
  const composefs = option("use_composefs");
  return {
    graphRoot: textOf(storage, "graphroot", what) ?? base.graphRoot,
    runRoot: textOf(storage, "runroot", what) ?? base.runRoot,
    driver: textOf(storage, "driver", what) ?? base.driver,
    imageStore: textOf(storage, "imagestore", what) ?? base.imageStore,
    transient: optional(storage["transient_store"], what, asBoolean) ??
      base.transient,
    additionalStores: ["additionalimagestores", "additionallayerstores"].reduce(
      (stores, key) => extend(stores, options[key], `${what}, ${key}`),
      base.additionalStores,
    ),
    mountProgram: option("mount_program") ?? base.mountProgram,
    forceMask: option("force_mask") ?? base.forceMask,
    composefs: composefs === undefined ? base.composefs : composefs === "true",
  };
}

function tableOf(parent: JsonObject, key: string, what: string): JsonObject {
  return optional(parent[key], `${what}, ${key}`, asObject) ?? {};
}

/** Go leaves a value as it was where a later file has an empty one. */
function textOf(
  table: JsonObject,
  key: string,
  what: string,
): string | undefined {
  const value = table[key];
  const text = typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : optional(value, `${what}, ${key}`, asString);
  return text === "" ? undefined : text;
}

/** A list replaces another, unless it has `{append=true}` in it. */
function extend(
  base: readonly string[] | undefined,
  value: unknown,
  what: string,
): readonly string[] | undefined {
  const items = optional(value, what, asArray);
  if (items === undefined) return base;
  const texts = items.filter((item) => typeof item === "string");
  const attributes = items.filter((item) => typeof item !== "string");
  if (!attributes.every(isObject)) {
    throw malformed(what, "it is no list of strings");
  }
  const appends = attributes.some((table) => table["append"] === true);
  return [...(appends ? base ?? [] : []), ...texts];
}
