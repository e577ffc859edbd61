/** Moves a staged layer into the store. */

import { join } from "@std/path";
import type { Abortable } from "../abort.ts";
import { COMPRESSION_CODES } from "../formats/store_record.ts";
import { createLayer } from "../store/create_layer.ts";
import type { Agent } from "./agent.ts";
import type { NeededLayer } from "./receive_layer.ts";
import type { StagedLayer } from "./stage_layer.ts";

/**
 * Moves a staged layer into the store. It must be on the disk, so that it is there
 * before the record that calls it valid; and its parent in the store.
 *
 * @throws {LayerNotFoundError} If the parent was removed meanwhile.
 */
export async function commitLayer(
  agent: Agent,
  { needed, staged }: {
    readonly needed: NeededLayer;
    readonly staged: StagedLayer;
  },
  { signal }: Abortable = {},
): Promise<void> {
  const { store } = agent;
  const { directory, unpacked } = staged;
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
