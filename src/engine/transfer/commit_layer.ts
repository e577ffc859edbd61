/** Moves a staged layer into the store. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import {
  COMPRESSION_CODES,
  type LayerRecord,
} from "../../formats/storage/store_record.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import { InUseError } from "../../errors/store_errors.ts";
import { createLayer } from "../../store/layers/create_layer.ts";
import type { LayerContents } from "../../store/layers/layer_store.ts";
import {
  replaceContents,
  restoreContents,
  restoreNames,
} from "../../store/layers/repair_layer.ts";
import type { Records } from "../../store/records/records.ts";
import type { Agent } from "../agent.ts";
import { MOUNT_LOCKS } from "../mounts/mount_counts.ts";
import { findMountedOn } from "../mounts/mount_points.ts";
import { isProven, noteProven } from "./proven_blobs.ts";
import type { NeededLayer } from "./receive_layer.ts";
import type { StagedLayer } from "./stage_layer.ts";

/**
 * Moves a staged layer into the store. It must be synced, so that it is on the disk
 * before its record; and its parent must be in the store.
 *
 * @throws {LayerNotFoundError} If the parent was removed meanwhile.
 * @throws {Error} If the store has other content under the layer's ID.
 */
export async function commitLayer(
  agent: Agent,
  { needed, staged, isSuspect = false }: {
    readonly needed: NeededLayer;
    readonly staged: StagedLayer;
    /** Whether to replace the store's copy. */
    readonly isSuspect?: boolean | undefined;
  },
  { signal }: Abortable = {},
): Promise<void> {
  const { store } = agent;
  await using trash = isSuspect ? store.openStaging() : undefined;
  // A layer that is replaced must not be mounted.
  const locks = isSuspect ? MOUNT_LOCKS : { layers: "write" } as const;
  using held = await store.lock(locks, { signal });
  const contents = contentsOf(staged);
  const stored = held.layers.get(needed.id);
  if (stored === undefined) {
    const { id, parent } = needed;
    await createLayer(store, held.layers, { id, parent, contents });
    agent.log("debug", `committed layer "${id}"`);
    return;
  }
  // Another tool pulled it, or it was stored before from another blob.
  noteSameContent(held.layers, { stored, needed });
  const replacement = { layer: stored, contents };
  if (await restoreContents(store, held.layers, replacement)) {
    await restoreNames(store, held.layers, needed.id);
    agent.log("warn", `Repaired layer "${needed.id}": files were missing`);
  } else if (trash !== undefined) {
    await requireUnmounted(agent, held.layers, { id: needed.id, signal });
    replaceContents(store, { ...replacement, trash: trash.path });
  }
}

function contentsOf({ directory, unpacked }: StagedLayer): LayerContents {
  const { compression, uids, gids } = unpacked;
  return {
    diff: join(directory, "diff"),
    tarSplit: join(directory, "tar-split.gz"),
    root: unpacked.root,
    members: {
      "compressed-diff-digest": unpacked.compressedDigest,
      "compressed-size": unpacked.compressedSize,
      "diff-digest": unpacked.diffId,
      "diff-size": unpacked.diffSize,
      ...(compression !== "none" && {
        compression: COMPRESSION_CODES[compression],
      }),
      ...(uids.length > 0 && { uidset: uids }),
      ...(gids.length > 0 && { gidset: gids }),
    },
  };
}

/** @throws {InUseError} If a layer, or one that is on it, is mounted. */
async function requireUnmounted(
  agent: Agent,
  layers: Records<LayerRecord>,
  { id, signal }: Abortable & { readonly id: LayerId },
): Promise<void> {
  const user = await findMountedOn(agent, layers, { id, signal });
  if (user === undefined) return;
  throw new InUseError(
    `Cannot replace layer "${id}": it is in use by the mount "${user}"; ` +
      "unmount that first",
    [user],
  );
}

/** Records that the staged blob has the content of the stored layer. */
function noteSameContent(
  layers: Records<LayerRecord>,
  { stored, needed }: {
    readonly stored: LayerRecord;
    readonly needed: NeededLayer;
  },
): void {
  if (isProven(stored, needed)) return;
  const known = stored["diff-digest"];
  if (known !== needed.diffId) {
    throw new Error(
      `Cannot store layer "${needed.blob.digest}": layer "${needed.id}" of ` +
        `the store has uncompressed digest ${known ?? "unknown"}, not ` +
        `${needed.diffId}; remove the images that use it, then pull again`,
    );
  }
  noteProven(layers, stored, needed.blob);
  layers.save();
}
