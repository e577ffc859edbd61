/** What callers mount into a container: directories of the host, and memory. */

import { resolve } from "@std/path";
import type { RuntimeMount } from "../formats/oci/runtime_spec.ts";
import type { IdRange, UserMap } from "../formats/storage/user_map.ts";

/** A directory or file of the host in a container. */
export interface Volume {
  /** On the host; absolute. */
  readonly source: string;
  /** In the container; absolute. */
  readonly target: string;
  /**
   * Whether the container may change it; `"all-read-only"` holds for what is
   * mounted below it, too, and takes a kernel of 5.12 or later.
   *
   * @default {"read-write"}
   */
  readonly access?: "read-write" | "read-only" | "all-read-only";
  /**
   * Such as `nosuid` or `rshared`.
   *
   * @default {["rbind", "rprivate"]}
   */
  readonly options?: readonly string[];
  /**
   * The ID mapping of its files.
   *
   * @default {as on the host}
   */
  readonly users?: UserMap | undefined;
}

/** A tmpfs, which starts with the image's content. */
export interface TmpfsVolume {
  /** In the container; absolute. */
  readonly target: string;
  /**
   * Such as `size=64m`, `mode=0755`, `ro` or `notmpcopyup`.
   *
   * @default {[]}
   */
  readonly options?: readonly string[];
}

const ACCESS_OPTIONS = {
  "read-write": "rw",
  "read-only": "ro",
  "all-read-only": "rro",
} as const;
const PROPAGATION = /^r?(private|shared|slave|unbindable)$/;

/**
 * The mount of a volume.
 *
 * @throws {TypeError} If a path is malformed.
 */
export function bindMount(
  { source, target, access = "read-write", options = [], users }: Volume,
): RuntimeMount {
  const kind = options.some((option) => /^r?bind$/.test(option))
    ? []
    : ["rbind"];
  return {
    destination: checkTarget(target),
    type: "bind",
    source: checkPath("volume", source),
    options: [
      ...kind,
      ...propagationOf(options),
      ...options,
      ACCESS_OPTIONS[access],
    ],
    ...users && {
      uidMappings: [mappingOf(users.uids)],
      gidMappings: [mappingOf(users.gids)],
    },
  };
}

/** Runtime-spec v1.1, config.md, "Mounts". */
function mappingOf({ first, count }: IdRange) {
  return { containerID: 0, hostID: first, size: count };
}

/**
 * The mount of a tmpfs.
 *
 * @throws {TypeError} If its target is malformed.
 */
export function tmpfsMount(
  { target, options = [] }: TmpfsVolume,
): RuntimeMount {
  const has = (pattern: RegExp) => options.some((word) => pattern.test(word));
  return {
    destination: checkTarget(target),
    type: "tmpfs",
    source: "tmpfs",
    options: [
      ...options.filter((word) => word !== "notmpcopyup"),
      ...(has(/^r[ow]$/) ? [] : ["rw"]),
      ...propagationOf(options),
      ...(has(/^(no)?suid$/) ? [] : ["nosuid"]),
      ...(has(/^(no)?dev$/) ? [] : ["nodev"]),
      ...(has(/^(no)?tmpcopyup$/) ? [] : ["tmpcopyup"]),
    ],
  };
}

function propagationOf(options: readonly string[]): readonly string[] {
  return options.some((word) => PROPAGATION.test(word)) ? [] : ["rprivate"];
}

/**
 * The mount of a volume that the image declares, when it is kept in memory.
 *
 * @throws {TypeError} If its path is malformed.
 */
export function imageVolume(path: string): RuntimeMount {
  return {
    destination: checkPath("volume", path),
    type: "tmpfs",
    source: "tmpfs",
    // With what the image has there, as runc does it.
    options: ["nosuid", "nodev", "mode=1777", "tmpcopyup"],
  };
}

function checkTarget(target: string): string {
  const path = checkPath("volume", target);
  if (path !== "/") return path;
  throw new TypeError(
    `Cannot mount anything at "${target}": a container's root is its image's`,
  );
}

/**
 * The propagation of the root that the mounts require; undefined for the default.
 */
export function rootPropagation(
  volumes: readonly Volume[],
): "shared" | "rslave" | undefined {
  const options = volumes.flatMap((volume) => volume.options ?? []);
  if (options.some((option) => /^r?shared$/.test(option))) return "shared";
  return options.some((option) => /^r?slave$/.test(option))
    ? "rslave"
    : undefined;
}

/** Takes a path in its shortest spelling, so that equal ones look equal. */
export function checkPath(what: string, path: string): string {
  if (path.startsWith("/") && !path.includes("\0")) return resolve(path);
  throw new TypeError(
    `Cannot use ${what} "${path}": it is not an absolute path`,
  );
}
