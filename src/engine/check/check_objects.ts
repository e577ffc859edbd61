/** Looks for layers, images and containers that lost something on disk. */

import { join } from "@std/path";
import type {
  BigDataMembers,
  ContainerRecord,
  ImageRecord,
  LayerRecord,
  StoreRecord,
} from "../../formats/storage/store_record.ts";
import { PAUSE_IMAGE_NAME } from "../../image/pause_image_name.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import { readLinkIfThere, statIfThere } from "../../fs/if_there.ts";
import { isUnfinished } from "../../store/delete_container.ts";
import { isIncomplete } from "../../store/layers/delete_layer.ts";
import { listChain, readShortName } from "../../store/layers/layer_files.ts";
import {
  imageDirectory,
  layerDirectory,
  workDirectory,
} from "../../store/paths.ts";
import { bigDataFileName } from "../../store/records/big_data.ts";
import type { ReadTables } from "../../store/records/tables.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { ownerCommand, ownerOf } from "../container_owner.ts";
import type { CheckedObject, Damage } from "./checked_object.ts";

/** Checks all objects that have a record, without reading content. */
export async function checkObjects(
  agent: Agent,
  held: ReadTables,
): Promise<readonly CheckedObject[]> {
  return [
    ...await checkLayers(agent, held),
    ...checkImages(agent, held),
    ...checkContainers(agent, held),
  ];
}

async function checkLayers(
  { store }: Agent,
  held: ReadTables,
): Promise<readonly CheckedObject[]> {
  const { paths } = store;
  const { layers, containers } = held;
  const halves = new Set<string>(
    containers.records.filter(isUnfinished).map(({ layer }) => layer),
  );
  const whole = layers.records.filter((layer) =>
    !isIncomplete(layer) && !halves.has(layer.id)
  );
  const names = new Map(whole.map((layer) => [
    layer,
    readShortName(layerDirectory(paths, layer.id)),
  ]));
  const owners = Map.groupBy(whole, (layer) => names.get(layer));
  return await Promise.all(whole.map(async (layer) => {
    const faults = await store.layers.findFaults(layers, layer);
    const items = findItemFault(join(paths.layers, layer.id), layer);
    const isNamed = items === undefined &&
      faults.every(({ kind }) => kind === "names");
    const name = names.get(layer);
    const duplicates = owners.get(name)?.filter(({ id }) => id !== layer.id) ??
      [];
    const ofName = name === undefined
      ? []
      : findNameFaults(store, { id: layer.id, name, duplicates });
    return judge("layer", { id: layer.id }, {
      damage: isNamed ? "names" : "content",
      faults: [
        ...faults.map(({ path, found }) => `${path}: ${found}`),
        ...ofName,
        ...items === undefined ? [] : [items],
      ],
      advice: () => adviseOnLayer(store, held, layer),
    });
  }));
}

/** Finds faults of a layer's short name. */
function findNameFaults(
  { paths }: Store,
  { id, name, duplicates }: {
    readonly id: LayerId;
    readonly name: string;
    readonly duplicates: readonly LayerRecord[];
  },
): readonly string[] {
  const [duplicate] = duplicates;
  if (duplicate !== undefined) {
    const link = join(layerDirectory(paths, id), "link");
    return [`${link}: layer ${duplicate.id} has the same short name`];
  }
  const path = join(paths.links, name);
  return readLinkIfThere(path) === `../${id}/diff`
    ? []
    : [`${path}: it does not point to its layer`];
}

/** How to restore a layer: from its image, or by creating its container again. */
function adviseOnLayer(
  store: Store,
  tables: ReadTables,
  layer: LayerRecord,
): string {
  const image = findImageOn(tables, layer);
  if (image !== undefined) return adviseToPull(image);
  const container = tables.containers.records.find(isOn(tables, layer));
  return container === undefined
    ? "Nothing uses it: orlop gc removes it after a day"
    : `Replace it: ${removalOf(store, container)}, then create it again`;
}

/** The same for a layer whose files differ. */
export function adviseOnContent(
  store: Store,
  tables: ReadTables,
  layer: LayerRecord,
): string {
  const image = findImageOn(tables, layer);
  if (image === undefined) return adviseOnLayer(store, tables, layer);
  const name = image.names?.[0] ?? image.id;
  return "Fetch it again: orlop check --full --repair, or remove image " +
    `${name} and pull or load it again; a pull alone keeps what is there`;
}

function findImageOn(
  tables: ReadTables,
  layer: LayerRecord,
): ImageRecord | undefined {
  return tables.images.records.find(isOn(tables, layer));
}

function isOn(
  { layers }: Pick<ReadTables, "layers">,
  layer: LayerRecord,
): (user: { readonly layer?: string }) => boolean {
  return ({ layer: top }) =>
    listChain(layers, layers.lookUp(top ?? "")?.id).includes(layer);
}

/** How to restore an image. */
export function adviseToPull({ id, names }: ImageRecord): string {
  // It comes from no registry.
  if (names?.includes(PAUSE_IMAGE_NAME)) {
    return "Make it again: orlop check --full --repair";
  }
  return `Pull it again: orlop pull ${names?.[0] ?? id}`;
}

/** The command that removes a container in the tool that made it. */
function removalOf(store: Store, container: ContainerRecord): string {
  const name = container.names?.[0] ?? container.id;
  const owner = ownerOf(store, container);
  if (owner === "orlop") return `orlop rm ${name}`;
  return ownerCommand(owner, "remove", name) ??
    `remove container ${name} with the tool that made it`;
}

function checkImages(
  { store: { paths } }: Agent,
  { layers, images }: ReadTables,
): readonly CheckedObject[] {
  const holders = Map.groupBy(
    images.records.flatMap(({ id, names = [] }) =>
      names.map((name) => ({ id, name }))
    ),
    ({ name }) => name,
  );
  return images.records.map((image) => {
    const found = image.layer && layers.get(image.layer) === undefined
      ? `its layer ${image.layer} is gone`
      : findItemFault(imageDirectory(paths, image.id), image);
    // Of two images with one name, tools differ in which they take.
    const [shared] = (image.names ?? []).flatMap((name) => {
      const other = holders.get(name)?.find(({ id }) => id !== image.id);
      return other === undefined
        ? []
        : [`image ${other.id} has its name ${name}, too`];
    });
    return judge("image", image, {
      damage: found === undefined ? "shared name" : "content",
      faults: [found, shared].flatMap((fault) => fault ?? []),
      advice: () => adviseToPull(image),
    });
  });
}

function findItemFault(
  directory: string,
  members: BigDataMembers,
): string | undefined {
  for (const key of members["big-data-names"] ?? []) {
    const path = join(directory, bigDataFileName(key));
    const size = statIfThere(path)?.size;
    if (size === undefined) return `${path}: it is missing`;
    const expected = members["big-data-sizes"]?.[key] ?? size;
    if (size !== expected) {
      return `${path}: it has ${size} bytes, not ${expected}`;
    }
  }
  return undefined;
}

function checkContainers(
  { store }: Agent,
  { layers, containers }: ReadTables,
): readonly CheckedObject[] {
  return containers.records.map((container) => {
    if (isUnfinished(container)) return describeHalf(container);
    if (layers.get(container.layer) === undefined) {
      return judge("container", container, {
        faults: [`its layer ${container.layer} is gone`],
        advice: () =>
          `Only its record is left: ` +
          removalOf(store, container),
      });
    }
    const fault = ownerOf(store, container) === "orlop"
      ? findTemplateFault(store, container)
      : undefined;
    return judge("container", container, {
      faults: fault === undefined ? [] : [fault],
      advice: () => adviseOnTemplate(container),
    });
  });
}

/** How to repair a container whose settings cannot be read. */
export function adviseOnTemplate({ id, names }: ContainerRecord): string {
  return `Remove the file, if it is there: orlop start ${names?.[0] ?? id} ` +
    "creates it again from the image, without its own settings";
}

/** The next command that writes removes it: a kill is no damage. */
function describeHalf({ id, names = [] }: ContainerRecord): CheckedObject {
  const [name = ""] = names;
  return {
    ...{ kind: "container", id, name, state: "leftover" },
    faults: ["its creation or removal was interrupted"],
    advice: "It does no harm; remove it: orlop gc",
  };
}

function findTemplateFault(
  { paths }: Store,
  { id }: ContainerRecord,
): string | undefined {
  const path = join(workDirectory(paths, id), "config.json");
  const info = statIfThere(path);
  if (info === undefined) return `${path}: it is missing`;
  if (!info.isFile) return `${path}: it is no file`;
  return info.size > 0 ? undefined : `${path}: it is empty`;
}

function judge(
  kind: CheckedObject["kind"],
  { id, names = [] }: Pick<StoreRecord, "id" | "names">,
  { damage = "content", faults, advice }: {
    readonly damage?: Damage;
    readonly faults: readonly string[];
    readonly advice: () => string;
  },
): CheckedObject {
  const [name = ""] = names;
  return faults.length === 0
    ? { kind, id, name, state: "ok", faults }
    : { kind, id, name, state: "damaged", damage, faults, advice: advice() };
}
