/** Image configs: OCI image-spec v1.1, config.md. */

import { InvalidManifestError } from "../../errors/image_errors.ts";
import {
  asArray,
  asBoolean,
  asObject,
  asString,
  asStringMap,
  asStrings,
  type JsonObject,
  optional,
  parseJson,
  refuseCaseVariants,
} from "../json.ts";
import { isTimestamp } from "../storage/timestamp.ts";
import type { Digest } from "./digest.ts";
import { checkDockerMembers } from "./docker_config.ts";
import { asDigest } from "./read_descriptor.ts";

/** What an image is made of and how to run it; `null`s count as absent. */
export interface ImageConfig {
  /** RFC 3339. */
  readonly created: string | undefined;
  /** Who made it. */
  readonly author: string | undefined;
  /** In Go's terms; `""` if a very old image does not say. */
  readonly architecture: string;
  /** As `architecture`. */
  readonly os: string;
  /** Of the architecture, such as `v7`. */
  readonly variant: string | undefined;
  /** How a container of the image runs by default. */
  readonly config: RunDefaults;
  /** What the layers hold, unpacked. */
  readonly rootfs: {
    readonly type: "layers";
    /** Digests of the unpacked layers, from the base up. */
    readonly "diff_ids": readonly Digest[];
  };
  /** How each layer came to be, from the base up. */
  readonly history: readonly HistoryEntry[];
}

/** The `config` member: how a container of the image runs by default. */
export interface RunDefaults {
  /** `name|uid[:group|gid]`; `""` is root. */
  readonly User: string;
  /** Such as `80/tcp`. */
  readonly ExposedPorts: readonly string[];
  /** `NAME=value`. */
  readonly Env: readonly string[];
  /** The beginning of the command. */
  readonly Entrypoint: readonly string[];
  /** The rest of the command. */
  readonly Cmd: readonly string[];
  /** Folders that are to be volumes. */
  readonly Volumes: readonly string[];
  /** `""` is the root. */
  readonly WorkingDir: string;
  /** The image's labels. */
  readonly Labels: Readonly<Record<string, string>>;
  /** `""` is SIGTERM. */
  readonly StopSignal: string;
}

/** How one layer, or none, came to be. */
export interface HistoryEntry {
  /** RFC 3339. */
  readonly created: string | undefined;
  /** Who made it. */
  readonly author: string | undefined;
  /** The command that made it. */
  readonly "created_by": string | undefined;
  /** Free text. */
  readonly comment: string | undefined;
  /** Whether it made no layer. */
  readonly "empty_layer": boolean;
}

// Go takes keys that differ in case for the same.
const IMAGE_KEYS = [
  ...["created", "author", "architecture", "os", "variant", "config"],
  ...["rootfs", "history", "os.version", "os.features"],
];
const RUN_KEYS = [
  ...["User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes"],
  ...["WorkingDir", "Labels", "StopSignal"],
];
const ROOTFS_KEYS = ["type", "diff_ids"];
const HISTORY_KEYS = [
  ...["created", "author", "created_by", "comment", "empty_layer"],
];
/** containers/image reads no more either. */
export const MAX_CONFIG_SIZE = 4 * 1024 * 1024;

/**
 * Parses an image's config.
 *
 * @param what What is being read, for errors, such as `config "sha256:…"`.
 * @throws {InvalidManifestError} If it is none.
 */
export function parseImageConfig(
  bytes: Uint8Array,
  what: string,
): ImageConfig {
  try {
    const options = {
      maxSize: MAX_CONFIG_SIZE,
      numbers: "as-written",
    } as const;
    const value = parseJson(bytes, what, options);
    return readConfig(asObject(value, what), what);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidManifestError(error.message, { cause: error });
  }
}

function readConfig(document: JsonObject, what: string): ImageConfig {
  refuseCaseVariants(document, what, IMAGE_KEYS);
  const text = textsOf(document, what);
  text("os.version");
  optional(document["os.features"], `${what}, os.features`, asStrings);
  const where = `${what}, config`;
  const run = optional(document["config"], where, asObject) ?? {};
  const config = readRunDefaults(run, where);
  checkDockerMembers(document, what);
  const history = `${what}, history`;
  return {
    created: optional(document["created"], `${what}, created`, asTime),
    author: text("author"),
    architecture: text("architecture") ?? "",
    os: text("os") ?? "",
    variant: text("variant"),
    config,
    rootfs: readRootfs(document["rootfs"], `${what}, rootfs`),
    history: (optional(document["history"], history, asArray) ?? [])
      .map((entry, index) => readHistory(entry ?? {}, `${history}[${index}]`)),
  };
}

function readRunDefaults(run: JsonObject, what: string): RunDefaults {
  refuseCaseVariants(run, what, RUN_KEYS);
  const text = textsOf(run, what);
  return {
    User: text("User") ?? "",
    ExposedPorts: read("ExposedPorts", asKeys) ?? [],
    Env: read("Env", asStrings) ?? [],
    Entrypoint: read("Entrypoint", asStrings) ?? [],
    Cmd: read("Cmd", asStrings) ?? [],
    Volumes: read("Volumes", asKeys) ?? [],
    WorkingDir: text("WorkingDir") ?? "",
    Labels: read("Labels", asStringMap) ?? {},
    StopSignal: text("StopSignal") ?? "",
  };

  function read<T>(
    key: string,
    as: (value: unknown, what: string) => T,
  ): T | undefined {
    return optional(run[key], `${what}.${key}`, as);
  }
}

function readRootfs(value: unknown, what: string): ImageConfig["rootfs"] {
  // Images without layers may have none; others are found out by their number.
  const rootfs = optional(value, what, asObject) ?? {};
  refuseCaseVariants(rootfs, what, ROOTFS_KEYS);
  const type = optional(rootfs["type"], `${what}.type`, asString) || "layers";
  if (type !== "layers") {
    throw new SyntaxError(
      `Cannot read ${what}: type is "${type}", expected "layers"`,
    );
  }
  const where = `${what}.diff_ids`;
  // Go writes null for an image without layers.
  const diffIds = optional(rootfs["diff_ids"], where, asArray) ?? [];
  return {
    type,
    "diff_ids": diffIds.map((id, index) => asDigest(id, `${where}[${index}]`)),
  };
}

function readHistory(value: unknown, what: string): HistoryEntry {
  const entry = asObject(value, what);
  refuseCaseVariants(entry, what, HISTORY_KEYS);
  const text = textsOf(entry, what);
  const where = `${what}.empty_layer`;
  return {
    created: optional(entry["created"], `${what}.created`, asTime),
    author: text("author"),
    "created_by": text("created_by"),
    comment: text("comment"),
    "empty_layer": optional(entry["empty_layer"], where, asBoolean) ?? false,
  };
}

/** A reader of optional strings by key. */
function textsOf(
  object: JsonObject,
  what: string,
): (key: string) => string | undefined {
  return (key) => optional(object[key], `${what}.${key}`, asString);
}

/** The keys of a Go set: `{"80/tcp": {}}`. */
function asKeys(value: unknown, what: string): readonly string[] {
  const entries = Object.entries(asObject(value, what));
  return entries.map(([key, item]) => {
    optional(item, `${what}["${key}"]`, asObject);
    return key;
  });
}

/** Tools written in Go list no image of a store with one that they cannot read. */
function asTime(value: unknown, what: string): string {
  const text = asString(value, what);
  if (isTimestamp(text)) return text;
  throw new SyntaxError(
    `Cannot read ${what}: ${JSON.stringify(text.slice(0, 40))} is no time as ` +
      "RFC 3339 has it",
  );
}
