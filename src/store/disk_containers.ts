/** Containers on a disk: two directories each. */

import { dirname, join } from "@std/path";
import { settleAll } from "../errors/abort.ts";
import type { ContainerId } from "../formats/storage/store_ids.ts";
import { readTextIfThere } from "../fs/if_there.ts";
import { makeOwnDirectory } from "../fs/own_directory.ts";
import { removeTree } from "../fs/remove_tree.ts";
import type { Libc } from "../process/libc.ts";
import type { ContainerStore } from "./container_store.ts";
import { runDirectory, type StorePaths, workDirectory } from "./paths.ts";

// They may hold secrets, in variables.
const FILE_MODE = 0o600;

/** Opens the containers of a store. */
export function openDiskContainers(
  { paths, libc }: {
    readonly paths: StorePaths;
    readonly libc: Libc | undefined;
  },
): ContainerStore {
  return {
    makeDirectories: (id) => ({
      dir: makeOwnDirectory(workDirectory(paths, id), libc),
      runDir: makeOwnDirectory(runDirectory(paths, id), libc),
    }),
    writeTexts(id, texts, files) {
      for (const [name, text] of Object.entries(texts)) {
        files.write(join(workDirectory(paths, id), name), text, FILE_MODE);
      }
    },
    readText: (id, name) =>
      readTextIfThere(join(workDirectory(paths, id), name)),
    async removeDirectories(id) {
      await settleAll(
        [workDirectory, runDirectory].map((directoryOf) =>
          removeTree(dirname(directoryOf(paths, id)))
        ),
      );
    },
  };
}

/** A container's directory that survives reboots; made if missing. */
export function ensureWorkDirectory(
  paths: StorePaths,
  id: ContainerId,
): string {
  return makeOwnDirectory(workDirectory(paths, id));
}

/** A container's directory that reboots may empty; made if missing. */
export function ensureRunDirectory(
  paths: StorePaths,
  id: ContainerId,
): string {
  return makeOwnDirectory(runDirectory(paths, id));
}
