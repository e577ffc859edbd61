/** The paths of a sandbox below the run root. */

import { join } from "@std/path";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import type { StorePaths } from "../../store/paths.ts";
import type {
  NamespacePaths,
  SandboxFiles,
  SandboxRequest,
} from "./sandbox.ts";

/** The paths of a sandbox, whether they exist or not; absolute. */
export interface SandboxPlaces {
  readonly directory: string;
  /** The lock for changes. */
  readonly lock: string;
  /** Held by programs that work for it: flock(1), another kind of lock. */
  readonly programLock: string;
  readonly net: string;
  readonly ipc: string;
  readonly uts: string;
  readonly user: string;
  readonly shm: string;
  readonly files: SandboxFiles;
}

/** The folder of all sandboxes. */
export function sandboxesDirectory({ runRoot }: StorePaths): string {
  return join(runRoot, "orlop", "sandboxes");
}

/** The paths of a sandbox. */
export function placesOf(paths: StorePaths, id: ContainerId): SandboxPlaces {
  const all = sandboxesDirectory(paths);
  const directory = join(all, id);
  return {
    directory,
    lock: join(all, `${id}.lock`),
    programLock: join(directory, "lock"),
    net: join(directory, "net"),
    ipc: join(directory, "ipc"),
    uts: join(directory, "uts"),
    user: join(directory, "user"),
    shm: join(directory, "shm"),
    files: {
      resolvConf: join(directory, "resolv.conf"),
      hostname: join(directory, "hostname"),
      hosts: join(directory, "hosts"),
    },
  };
}

/** Which namespaces a sandbox pins: a network of its own has a name, too. */
export function namespacesOf(
  { net, ipc, uts, user }: Pick<SandboxPlaces, "net" | "ipc" | "uts" | "user">,
  { namespaces, users }: Pick<SandboxRequest, "namespaces" | "users">,
): Omit<NamespacePaths, "pid"> {
  return {
    ...namespaces.network === "pod" ? { network: net, uts } : {},
    ...namespaces.ipc === "pod" ? { ipc } : {},
    ...users === undefined ? {} : { user },
  };
}
