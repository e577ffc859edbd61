/** The interface to where containers are kept: a disk, or a map in a test. */

import type { ContainerId } from "../formats/storage/store_ids.ts";
import type { StagedFiles } from "../fs/staged_files.ts";

/**
 * Keeps the directories and files of containers; not their records and layers.
 *
 * Terms: a container's *work directory* survives reboots, its *run directory* need
 * not; its *files* lie in the work directory, and are there from its creation.
 *
 * Life cycle: `makeDirectories()` makes both directories, `writeTexts()` writes the
 * files. They become visible with the `commit()` of the staged files, together with
 * those of layers and of all other containers of the same call.
 * `removeDirectories()` removes all. The caller holds the records for writing, and
 * has marked the container as incomplete before.
 *
 * @see `tests/contracts/container_store_suite.ts` for all that it promises.
 * @example
 * ```ts ignore
 * using files = new StagedFiles();
 * const { dir, runDir } = store.containers.makeDirectories(id);
 * store.containers.writeTexts(id, { "config.json": template }, files);
 * await files.commit();
 * ```
 */
export interface ContainerStore {
  /** Makes the directories that are missing, as run directories may be. */
  makeDirectories(id: ContainerId): ContainerDirectories;
  /** Writes files, by their names, into a work directory that is there. */
  writeTexts(
    id: ContainerId,
    texts: Readonly<Record<string, string>>,
    files: StagedFiles,
  ): void;
  /** Reads one of the files; undefined if there is none. */
  readText(id: ContainerId, name: string): string | undefined;
  /** Removes both directories; they may be gone already. */
  removeDirectories(id: ContainerId): Promise<void>;
}

/** Where a container keeps its files. */
export interface ContainerDirectories {
  /** Survives reboots. */
  readonly dir: string;
  /** May be emptied by a reboot. */
  readonly runDir: string;
}
