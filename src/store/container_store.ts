/** The seam between containers and where they are kept: a disk, or a map in a test. */

import type { ContainerId } from "../formats/storage/store_ids.ts";
import type { StagedFiles } from "../fs/staged_files.ts";

/**
 * Keeps what containers are beside their records and layers.
 *
 * Terms: a container's *work directory* survives reboots, its *run directory* need
 * not; its *files* lie in the work directory, and are there from its birth.
 *
 * Life cycle: `makeDirectories()` makes both, `writeTexts()` the files, which are
 * there from the `commit()` of the staged files on, with those of layers and of all
 * containers that are made together. `removeDirectories()` takes all away. Who makes
 * or removes a container holds the records for writing, and has marked it before.
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
  removeDirectories(id: ContainerId): void;
}

/** Where a container keeps its files. */
export interface ContainerDirectories {
  /** Survives reboots. */
  readonly dir: string;
  /** May be emptied by a reboot. */
  readonly runDir: string;
}
