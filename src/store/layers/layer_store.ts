/** The interface to where layers are kept: a disk, or a map in a test. */

import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import type { UserMap } from "../../formats/storage/user_map.ts";
import type { RootAttributes } from "../../formats/tar/tar_entry.ts";
import type { StagedFiles } from "../../fs/staged_files.ts";
import type { TableView } from "../records/record_files.ts";

/**
 * Keeps the files of layers; not their records.
 *
 * Terms: a layer's *tree* holds its changes to the layers below it. Its *names* are
 * the files and links by which a mount finds it and the layers below it. Its
 * *archive* is the information from which the original tar is rebuilt, byte for
 * byte.
 *
 * Life cycle: `makeTrees()` makes trees, empty or from unpacked content. With the
 * `commit()` of the staged files they are complete, and survive a power cut.
 * `removeTree()` removes all files of a layer, whatever is left of it; with
 * `syncRemovals()` the removal survives a power cut. The caller
 * of either holds the records of layers for writing, and has saved them with a
 * mark, so that a crash leaves no tree without a record: see `createLayer()` and
 * `deleteLayer()`. `findFaults()` finds any other damage.
 *
 * @see `tests/contracts/layer_store_suite.ts` for all that it promises.
 * @example
 * ```ts ignore
 * using held = await store.lock({ layers: "write" });
 * const record = addLayer(held.layers, { id, parent });
 * held.layers.update({ ...record, flags: { incomplete: true } });
 * held.layers.save();
 * using files = new StagedFiles();
 * store.layers.makeTrees([{ id, parent }], files);
 * await files.commit();
 * held.layers.update(record);
 * held.layers.save();
 * ```
 */
export interface LayerStore {
  /**
   * Makes trees; remains of such a layer from a crash are removed first.
   *
   * @throws {DamagedFileError} If a parent is not whole.
   */
  makeTrees(layers: readonly NewTree[], files: StagedFiles): void;
  /** Finds what is wrong with a layer that has a record. */
  findFaults(
    records: Pick<TableView<LayerRecord>, "lookUp">,
    layer: LayerRecord,
  ): Promise<readonly LayerFault[]>;
  /**
   * Removes what a layer has; what is gone already is no error.
   *
   * @param trash Takes the files; if omitted, they are removed at once.
   */
  removeTree(
    id: LayerId,
    trash?: { readonly path: string | undefined },
  ): void;
  /**
   * Writes all removals to the disk. To be called before the records are deleted:
   * else a power cut can leave a tree without a record.
   */
  syncRemovals(): void;
}

/** A tree to make. */
export interface NewTree {
  readonly id: LayerId;
  readonly parent?: LayerId | undefined;
  /** Its content; if omitted, it is empty. */
  readonly contents?: LayerContents | undefined;
  /** The users who own its files, if not those of the image. */
  readonly users?: UserMap | undefined;
}

/** An unpacked layer, ready to be moved into the store, and on the disk. */
export interface LayerContents {
  /** The tree; on the same mount as the driver's home. It is moved. */
  readonly diff: string;
  /** The tar-split file; it is copied. */
  readonly tarSplit: string;
  /** Digests, sizes, owners. */
  readonly members: Partial<LayerRecord>;
  /** The attributes of its root directory; if omitted, its parent's. */
  readonly root?: RootAttributes | undefined;
}

/** Something that is wrong with a layer. */
export interface LayerFault {
  /**
   * `"tree"`, `"archive"`: can only be restored from the layer's blob; without its
   * archive, a layer can still be mounted. `"names"`: can be rebuilt from the
   * records and the other layers.
   */
  readonly kind: "archive" | "names" | "tree";
  /** Where it is; absolute. */
  readonly path: string;
  /** Such as `it is empty`. */
  readonly found: string;
}
