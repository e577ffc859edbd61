/** The mounts of a container, besides its root. */

import type { RunDefaults } from "../formats/oci/image_config.ts";
import type { RuntimeMount } from "../formats/oci/runtime_spec.ts";
import { type ContainerFile, mountOfFile } from "./container_files.ts";
import type { ContainerNamespaces } from "./namespaces.ts";
import { DEFAULT_MOUNTS } from "./sandbox_defaults.ts";
import {
  bindMount,
  imageVolume,
  tmpfsMount,
  type TmpfsVolume,
  type Volume,
} from "./volumes.ts";

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
        `Cannot mount "${destination}": two different mounts have this target`,
      );
    }
    byTarget.set(destination, mount);
  }
  return [...byTarget.values()];
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
