/** Decides how each damaged object is repaired. */

import type { Abortable } from "../../errors/abort.ts";
import type { ImageId, LayerId } from "../../formats/storage/store_ids.ts";
import type {
  ImageRecord,
  LayerRecord,
} from "../../formats/storage/store_record.ts";
import { listChain } from "../../store/layers/layer_files.ts";
import { READ_LOCKS, type ReadTables } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { ownerOf } from "../container_owner.ts";
import type { CheckedObject } from "./checked_object.ts";

/** The repair of one object. */
export interface PlannedRepair {
  readonly object: CheckedObject;
  /** Such as `fetch it again`. */
  readonly does: string;
  readonly how: Repair;
}

/** How something can be repaired. */
export type Repair =
  /** Rebuild the short names of a layer and of the layers on it. */
  | { readonly kind: "names"; readonly layers: readonly LayerId[] }
  | FetchRepair
  /** It cannot be restored; `drops` if it can be removed. */
  | { readonly kind: "lost"; readonly why: string; readonly drops?: "it" };

/** An image is fetched again from its registry. */
export interface FetchRepair {
  readonly kind: "fetch";
  readonly imageId: ImageId;
  readonly names: readonly string[];
  /** Of its manifest. */
  readonly digest: string | undefined;
  /** Layers whose content is replaced. */
  readonly suspects: ReadonlySet<LayerId>;
}

/** Plans a step for each damaged object. */
export async function planRepair(
  agent: Agent,
  objects: readonly CheckedObject[],
  { signal }: Abortable,
): Promise<readonly PlannedRepair[]> {
  using held = await agent.store.lock(READ_LOCKS, {
    signal,
    purpose: "examine",
  });
  return objects.filter(({ state }) => state === "damaged")
    .flatMap((object) => {
      const how = decide(agent, held, object);
      return how === undefined ? [] : [{ object, does: DEEDS[how.kind], how }];
    });
}

const DEEDS: Readonly<Record<Repair["kind"], string>> = {
  names: "recreate its short names",
  fetch: "fetch it again",
  lost: "drop it",
};

function decide(
  agent: Agent,
  held: ReadTables,
  object: CheckedObject,
): Repair | undefined {
  switch (object.kind) {
    case "layer": {
      const layer = held.layers.lookUp(object.id);
      return layer && repairOfLayer(held, { layer, object });
    }
    case "image": {
      const image = held.images.lookUp(object.id);
      return image && repairOfImage(image, object);
    }
    case "container": {
      const container = held.containers.lookUp(object.id);
      if (container === undefined) return undefined;
      const isGone = held.layers.get(container.layer) === undefined;
      const isOwn = ownerOf(agent.store, container) === "orlop";
      const why = object.advice ?? "";
      return { kind: "lost", why, ...(isGone && isOwn && { drops: "it" }) };
    }
    case "leftover":
    case "mount":
    case "table":
      return undefined;
  }
}

function repairOfLayer(
  { layers, images }: ReadTables,
  { layer, object }: {
    readonly layer: LayerRecord;
    readonly object: CheckedObject;
  },
): Repair {
  if (object.damage === "names") return { kind: "names", layers: [layer.id] };
  const image = images.records.find(({ layer: top, ...record }) =>
    [top, ...record["mapped-layers"] ?? []].some((id) =>
      listChain(layers, id).includes(layer)
    )
  );
  if (image === undefined) {
    return { kind: "lost", why: object.advice ?? "" };
  }
  return fetchOf(image, [layer.id]);
}

function repairOfImage(image: ImageRecord, { damage }: CheckedObject): Repair {
  return damage === "shared name"
    ? { kind: "lost", why: "Take the name from one of them: orlop untag" }
    : fetchOf(image, []);
}

function fetchOf(
  { id, names = [], digest }: ImageRecord,
  suspects: readonly LayerId[],
): FetchRepair {
  return {
    kind: "fetch",
    imageId: id,
    names,
    digest,
    suspects: new Set(suspects),
  };
}
