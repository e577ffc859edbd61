/** The seam between layers and where they are kept: a disk, or a map in a test. */

import type { LayerId } from "../../formats/storage/store_ids.ts";
import type { LayerRecord } from "../../formats/storage/store_record.ts";
import type { UserMap } from "../../formats/storage/user_map.ts";
import type { RootAttributes } from "../../formats/tar/tar_entry.ts";
import type { StagedFiles } from "../../fs/staged_files.ts";
import type { TableView } from "../records/record_files.ts";

/**
 * Keeps what layers are beside their records.
 *
 * Terms: a layer's *tree* is what it changes in those of the layers below it; its
 * *names* are what a mount finds it and those below it by; its *archive* is what
 * makes the bytes again that it came as.
 *
 * Life cycle: `makeTrees()` makes trees, empty ones or of what was unpacked. From
 * the `commit()` of the files on that it is given they are whole, and survive a
 * power cut. `removeTree()` takes all of a layer away, whatever is left of it.
 * Who calls either holds the records of layers for writing, and has saved them with
 * a mark, so that a crash leaves no tree that nobody knows: `createLayer()` and
 * `deleteLayer()` do so. What neither of them did, `findFaults()` finds.
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
   * Makes trees; what a crash has left of such a layer is removed first.
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
   * @param trash Takes the files; left out, they are removed on the spot.
   */
  removeTree(
    id: LayerId,
    trash?: { readonly path: string | undefined },
  ): void;
}

/** A tree to be. */
export interface NewTree {
  readonly id: LayerId;
  readonly parent?: LayerId | undefined;
  /** What it holds; left out, it is empty. */
  readonly contents?: LayerContents | undefined;
  /** Whose its files are, unless they are as in an image. */
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
  /** How the layer wants the root directory; left out, as its parent's. */
  readonly root?: RootAttributes | undefined;
}

/** Something that is wrong with a layer. */
export interface LayerFault {
  /**
   * `"tree"` and `"archive"`: only its blob brings it back, and without the archive
   * it can still be mounted. `"names"`: they can be made again from the records and
   * the other layers.
   */
  readonly kind: "archive" | "names" | "tree";
  /** Where it is; absolute. */
  readonly path: string;
  /** Such as `it is empty`. */
  readonly found: string;
}
