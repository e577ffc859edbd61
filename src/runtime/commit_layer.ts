/** Moves a staged layer into the store. */

import { join } from "@std/path";
import type { Abortable } from "../abort.ts";
import { COMPRESSION_CODES } from "../formats/store_record.ts";
import { createLayer } from "../store/create_layer.ts";
import type { Agent } from "./agent.ts";
import type { NeededLayer } from "./receive_layer.ts";
import type { StagedLayer } from "./stage_layer.ts";
import type { WriteBack } from "./write_back.ts";

/**
 * Writes a staged layer to the disk, then moves it into the store. Its parent
 * must be there.
 *
 * @throws {LayerNotFoundError} If the parent was removed meanwhile.
 */
export async function commitLayer(
  agent: Agent,
  { needed, staged, writeBack }: {
    readonly needed: NeededLayer;
    readonly staged: StagedLayer;
    readonly writeBack: WriteBack;
  },
  { signal }: Abortable = {},
): Promise<void> {
  const { store } = agent;
  const { directory, unpacked } = staged;
  // It reaches the disk before the record that calls it valid.
  await writeBack.sync(directory);
  using held = await store.lock({ layers: "write" }, { signal });
  if (held.layers.get(needed.id) !== undefined) return; // another tool's pull
  createLayer(store, held.layers, {
    id: needed.id,
    parent: needed.parent,
    contents: {
      diff: join(directory, "diff"),
      tarSplit: join(directory, "tar-split.gz"),
      members: {
        "compressed-diff-digest": unpacked.compressedDigest,
        "compressed-size": unpacked.compressedSize,
        "diff-digest": unpacked.diffId,
        "diff-size": unpacked.diffSize,
        ...(unpacked.compression !== "none" && {
          compression: COMPRESSION_CODES[unpacked.compression],
        }),
        ...(unpacked.uids.length > 0 && { uidset: unpacked.uids }),
        ...(unpacked.gids.length > 0 && { gidset: unpacked.gids }),
      },
    },
  });
  agent.log("debug", `committed layer "${needed.id}"`);
}
