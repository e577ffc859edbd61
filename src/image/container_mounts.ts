/** The mounts of a container, besides its root. */

import { resolve } from "@std/path";
import type { RunDefaults } from "../formats/oci/image_config.ts";
import type { RuntimeMount } from "../formats/oci/runtime_spec.ts";
import type { IdRange, UserMap } from "../formats/storage/user_map.ts";
import { type ContainerFile, mountOfFile } from "./container_files.ts";
import type { ContainerNamespaces } from "./namespaces.ts";
import { DEFAULT_MOUNTS } from "./sandbox_defaults.ts";

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

/** The options of a container's mounts. */
export interface MountOptions {
  /**
   * What of the host is seen; a target may be one of the default mounts.
   *
   * @default {[]}
   */
  readonly volumes?: readonly Volume[] | undefined;
  /**
   * What is kept in memory only.
   *
   * @default {[]}
   */
  readonly tmpfs?: readonly TmpfsVolume[] | undefined;
  /**
   * Files of the bundle that it sees.
   *
   * @default {[]}
   */
  readonly files?: readonly ContainerFile[] | undefined;
  /**
   * Where to keep the image's volumes: in the container's layer, the default, or in
   * memory.
   *
   * @default {"layer"}
   */
  readonly imageVolumes?: "layer" | "tmpfs" | undefined;
  /**
   * Of `/dev/shm`, in bytes; 0 is no limit.
   *
   * @default {67_108_864}
   */
  readonly shmSize?: number | undefined;
  /**
   * A directory that becomes `/dev/shm`, such as one that a pod shares.
   *
   * @default {one of its own}
   */
  readonly shmDirectory?: string | undefined;
  /**
   * Of `/proc`, instead of the usual ones.
   *
   * @default {["nosuid", "noexec", "nodev"]}
   */
  readonly procOptions?: readonly string[] | undefined;
}

/** What else they depend on. */
interface MountContext extends MountOptions, Pick<ContainerNamespaces, "ipc"> {
  /** Whether `/sys` can be written to. */
  readonly privileged?: boolean | undefined;
  /** Whether only volumes can be written to. */
  readonly readOnlyRoot?: boolean | undefined;
}

const SHM = "/dev/shm";
const ACCESS_OPTIONS = {
  "read-write": "rw",
  "read-only": "ro",
  "all-read-only": "rro",
} as const;
const PROPAGATION = /^r?(private|shared|slave|unbindable)$/;

/**
 * Lists the mounts, in the order in which they have to be made.
 *
 * @throws {TypeError} If a path is malformed, or two want the same place.
 */
export function makeMounts(
  config: Pick<RunDefaults, "Volumes">,
  options: MountContext,
): readonly RuntimeMount[] {
  const { volumes = [], tmpfs = [], imageVolumes = "layer" } = options;
  const given = withoutRepeats([
    ...volumes.map(bindMount),
    ...tmpfs.map(tmpfsMount),
  ]);
  const targets = new Set(given.map(({ destination }) => destination));
  // A given mount hides default mounts below it, as `/dev` hides `/dev/pts`.
  const isFree = ({ destination }: RuntimeMount) =>
    !wayTo(destination).some((path) => targets.has(path));
  const wanted = imageVolumes === "tmpfs" ? config.Volumes : [];
  const inMemory = wanted.map(imageVolume)
    .filter(({ destination }) => !targets.has(destination));
  const all = [
    ...defaultMounts(options).filter(isFree),
    ...bundleFiles(options).filter(isFree),
    ...inMemory,
    ...given,
  ];
  // Parents first: a later mount would hide one that lies below it.
  return all.toSorted((a, b) =>
    depthOf(a.destination) - depthOf(b.destination)
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

/** Equal requests are merged; different ones for one target are an error. */
function withoutRepeats(
  mounts: readonly RuntimeMount[],
): readonly RuntimeMount[] {
  const byTarget = new Map<string, RuntimeMount>();
  for (const mount of mounts) {
    const { destination } = mount;
    const other = byTarget.get(destination);
    if (other && JSON.stringify(other) !== JSON.stringify(mount)) {
      throw new TypeError(
        `Cannot mount "${destination}": two different mounts want this place`,
      );
    }
    byTarget.set(destination, mount);
  }
  return [...byTarget.values()];
}

function bindMount(
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

function tmpfsMount({ target, options = [] }: TmpfsVolume): RuntimeMount {
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

function imageVolume(path: string): RuntimeMount {
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

function defaultMounts(options: MountContext): readonly RuntimeMount[] {
  const { ipc, shmSize, shmDirectory, procOptions, privileged } = options;
  return DEFAULT_MOUNTS.flatMap((mount): RuntimeMount[] => {
    switch (mount.destination) {
      case SHM:
        if (ipc === "none") return [];
        if (shmDirectory !== undefined) return [sharedShm(shmDirectory)];
        if (ipc === "host") return [sharedShm(SHM)];
        return shmSize === undefined ? [mount] : [resize(mount, shmSize)];
      case "/proc":
        return [procOptions ? { ...mount, options: procOptions } : mount];
      case "/sys":
      case "/sys/fs/cgroup":
        return [privileged ? makeWritable(mount) : mount];
      default:
        return [mount];
    }
  });
}

function bundleFiles(
  { files = [], readOnlyRoot = false }: MountContext,
): readonly RuntimeMount[] {
  const access = readOnlyRoot ? "read-only" : "read-write";
  return files.map((file) => mountOfFile(file, { access }));
}

function sharedShm(source: string): RuntimeMount {
  const options = ["rbind", "rprivate", "nosuid", "noexec", "nodev"];
  return { destination: SHM, type: "bind", source, options };
}

function resize(mount: RuntimeMount, bytes: number): RuntimeMount {
  const rest = mount.options?.filter((option) => !option.startsWith("size="));
  return { ...mount, options: [...rest ?? [], `size=${bytes}`] };
}

function makeWritable(mount: RuntimeMount): RuntimeMount {
  const options = mount.options?.map((word) => word === "ro" ? "rw" : word);
  return { ...mount, ...(options && { options }) };
}

/** A path, and all above it. */
function wayTo(path: string): readonly string[] {
  const parts = path.split("/").filter(Boolean);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
}

function depthOf(path: string): number {
  return path.split("/").filter(Boolean).length;
}
