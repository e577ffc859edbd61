/** Looks for layers, images and containers that lost something on disk. */

import { join } from "@std/path";
import { statSync } from "node:fs";
import type {
  BigDataMembers,
  ContainerRecord,
} from "../../formats/storage/store_record.ts";
import { isIncomplete } from "../../store/layers/delete_layer.ts";
import { findLayerFaults, listChain } from "../../store/layers/layer_files.ts";
import { imageDirectory, workDirectory } from "../../store/paths.ts";
import { bigDataFileName } from "../../store/records/big_data.ts";
import type { Tables } from "../../store/records/tables.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { ownerCommand, ownerOf } from "../container_owner.ts";
import { about, type Finding } from "./finding.ts";

/** Finds them: one finding for each object, with its cure. */
export function findDamagedObjects(
  agent: Agent,
  held: Tables,
): readonly Finding[] {
  return [
    ...findLayers(agent, held),
    ...findImages(agent, held),
    ...findContainers(agent, held),
  ];
}

function findLayers(
  { store }: Agent,
  { layers, images, containers }: Tables,
): readonly Finding[] {
  const { paths } = store;
  const { fail } = about("layer");
  return layers.records.filter((layer) => !isIncomplete(layer))
    .flatMap((layer) => {
      const [fault] = findLayerFaults(paths, layers, layer);
      if (fault === undefined) return [];
      const isOnIt = (top: string | undefined) =>
        listChain(layers, layers.lookUp(top ?? "")?.id).includes(layer);
      const image = images.records.find(({ layer: top }) => isOnIt(top));
      const container = containers.records.find(({ layer: top }) =>
        isOnIt(top)
      );
      return [fail(
        `layer ${layer.id}: ${fault.path}: ${fault.found}`,
        image === undefined
          ? adviseWithout(store, container)
          : `Pull it again: orlop pull ${image.names?.[0] ?? image.id}`,
      )];
    });
}

function adviseWithout(
  store: Store,
  container: ContainerRecord | undefined,
): string {
  return container === undefined
    ? "Nothing uses it: orlop gc removes it after a day"
    : `Make it anew: ${removalOf(store, container)}, then create it again`;
}

/** What removes a container in the tool that has made it. */
function removalOf(store: Store, container: ContainerRecord): string {
  const name = container.names?.[0] ?? container.id;
  const owner = ownerOf(store, container);
  if (owner === "orlop") return `orlop rm ${name}`;
  return ownerCommand(owner, "remove", name) ??
    `remove container ${name} with the tool that made it`;
}

function findImages(
  { store: { paths } }: Agent,
  { layers, images }: Tables,
): readonly Finding[] {
  const { fail } = about("image");
  return images.records.flatMap((image) => {
    const name = image.names?.[0] ?? image.id;
    const advice = `Pull it again: orlop pull ${name}`;
    const found = image.layer && layers.get(image.layer) === undefined
      ? `its layer ${image.layer} is gone`
      : findItemFault(imageDirectory(paths, image.id), image);
    return found === undefined ? [] : [fail(`image ${name}: ${found}`, advice)];
  });
}

function findItemFault(
  directory: string,
  members: BigDataMembers,
): string | undefined {
  for (const key of members["big-data-names"] ?? []) {
    const path = join(directory, bigDataFileName(key));
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size === undefined) return `${path}: it is missing`;
    const expected = members["big-data-sizes"]?.[key] ?? size;
    if (size !== expected) {
      return `${path}: it has ${size} bytes, not ${expected}`;
    }
  }
  return undefined;
}

function findContainers(
  { store }: Agent,
  { layers, containers }: Tables,
): readonly Finding[] {
  const { fail } = about("container");
  return containers.records.flatMap((container) => {
    const name = container.names?.[0] ?? container.id;
    if (layers.get(container.layer) === undefined) {
      const found = `container ${name}: its layer ${container.layer} is gone`;
      return [
        fail(
          found,
          `Nothing is left of it but its record: ${
            removalOf(store, container)
          }`,
        ),
      ];
    }
    if (ownerOf(store, container) !== "orlop") return [];
    const path = join(workDirectory(store.paths, container.id), "config.json");
    const size = statSync(path, { throwIfNoEntry: false })?.size;
    if (size !== undefined && size > 0) return [];
    const what = size === undefined ? "it is missing" : "it is empty";
    return [fail(
      `container ${name}: ${path}: ${what}`,
      `Remove the file, if it is there: orlop start ${name} makes it anew of ` +
        "the image, without the settings of its own",
    )];
  });
}
