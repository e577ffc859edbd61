/**
 * Finds whatever is not as it has to be in a store at rest: what newer versions
 * of containers/storage call a check, and leftovers, which they do not mind.
 */

import { join } from "@std/path";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from "node:fs";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import type { LayerId } from "../../src/formats/storage/store_ids.ts";
import {
  type BigDataMembers,
  type ContainerRecord,
  type ImageRecord,
  type LayerRecord,
  parseContainerRecords,
  parseImageRecords,
  parseLayerRecords,
  parseMountRecords,
  type StoreRecord,
} from "../../src/formats/storage/store_record.ts";
import {
  layerDirectory,
  layOut,
  type StoreLocation,
  type StorePaths,
  tarSplitPath,
} from "../../src/store/paths.ts";
import { bigDataFileName } from "../../src/store/records/big_data.ts";

/** How a store may be. */
export interface CheckStoreOptions extends StoreLocation {
  /**
   * What a kill may leave, and what cleanups remove; no command stumbles over
   * it. None is the default.
   */
  readonly leftovers?: "allowed" | "none";
}

interface Contents {
  readonly paths: StorePaths;
  readonly layers: readonly LayerRecord[];
  readonly images: readonly ImageRecord[];
  readonly containers: readonly ContainerRecord[];
}

/** Checks a store that nobody works with. @returns What is wrong. */
export function checkStore(options: CheckStoreOptions): readonly string[] {
  const paths = layOut(options);
  const contents: Contents = {
    paths,
    layers: [
      ...load(join(paths.layers, "layers.json"), parseLayerRecords),
      ...load(join(paths.layers, "volatile-layers.json"), parseLayerRecords),
    ],
    images: load(join(paths.images, "images.json"), parseImageRecords),
    containers: [
      ...load(join(paths.containers, "containers.json"), parseContainerRecords),
      ...load(
        join(paths.containers, "volatile-containers.json"),
        parseContainerRecords,
      ),
    ],
  };
  return [
    ...checkRecords("layers", contents.layers),
    ...checkRecords("images", contents.images),
    ...checkRecords("containers", contents.containers),
    ...contents.layers.flatMap((layer) => checkLayer(contents, layer)),
    ...contents.images.flatMap((image) => checkImage(contents, image)),
    ...contents.containers.flatMap((c) => checkContainer(contents, c)),
    ...checkCounts(contents),
    ...(options.leftovers === "allowed" ? [] : findLeftovers(contents)),
  ];
}

function load<R>(path: string, parse: (text: string) => R[]): R[] {
  return existsSync(path) ? parse(readFileSync(path, "utf8")) : [];
}

function checkRecords(
  kind: string,
  records: readonly StoreRecord[],
): readonly string[] {
  const names = records.flatMap((record) => record.names ?? []);
  return [
    ...duplicates(records.map(({ id }) => id)).map((id) => `ID ${id} twice`),
    ...duplicates(names).map((name) => `name ${name} twice`),
    ...records.filter(({ flags = {} }) =>
      flags["incomplete"] || flags["orlop-incomplete"]
    ).map(({ id }) => `${id} is incomplete`),
  ].map((finding) => `${kind}: ${finding}`);
}

function duplicates(list: readonly string[]): readonly string[] {
  return list.filter((item, index) => list.indexOf(item) !== index);
}

function checkLayer(
  { paths, layers }: Contents,
  { id, parent, ...layer }: LayerRecord,
): readonly string[] {
  const directory = layerDirectory(paths, id);
  const parts = ["diff", "work", parent === undefined ? "empty" : "lower"];
  const found = parts.filter((name) => !existsSync(join(directory, name)))
    .map((name) => `has no ${name}`);
  const link = readText(join(directory, "link")) ?? "";
  const target = readLink(join(paths.links, link));
  if (target !== `../${id}/diff`) found.push(`link ${link} is to ${target}`);
  if (parent !== undefined) {
    if (!layers.some((other) => other.id === parent)) {
      found.push(`parent ${parent} is not known`);
    }
    const lower = expectedLower(paths, parent);
    const actual = readText(join(directory, "lower"));
    if (actual !== lower) found.push(`lower is ${actual}, not ${lower}`);
    const ids = expectedLowerLayers(paths, parent);
    const written = readText(join(directory, "lower-layers"));
    // Older tools write none.
    if (written !== undefined && written !== ids) {
      found.push(`lower-layers is ${written}, not ${ids}`);
    }
  }
  if (layer["diff-digest"] && !existsSync(tarSplitPath(paths, id))) {
    found.push("has no tar-split");
  }
  return found.map((finding) => `layer ${id} ${finding}`);
}

function expectedLower(paths: StorePaths, parent: LayerId): string {
  const directory = layerDirectory(paths, parent);
  const above = readText(join(directory, "lower"));
  const own = `l/${readText(join(directory, "link"))}`;
  return above === undefined ? own : `${own}:${above}`;
}

/** By way of the links, as a tool that knows only these would. */
function expectedLowerLayers(paths: StorePaths, parent: LayerId): string {
  return expectedLower(paths, parent).split(":").map((name) =>
    /^\.\.\/(.+)\/diff$/.exec(readLink(join(paths.home, name)) ?? "")?.[1]
  ).join(":");
}

function checkImage(
  { paths, layers }: Contents,
  image: ImageRecord,
): readonly string[] {
  const found = [...checkItems(join(paths.images, image.id), image)];
  if (image.layer && !layers.some(({ id }) => id === image.layer)) {
    found.push(`layer ${image.layer} is not known`);
  }
  for (const key of [`sha256:${image.id}`, "manifest"]) {
    if (!image["big-data-names"]?.includes(key)) found.push(`has no ${key}`);
  }
  return found.map((finding) => `image ${image.id}: ${finding}`);
}

function checkContainer(
  { paths, layers, images }: Contents,
  container: ContainerRecord,
): readonly string[] {
  const { id, layer, image } = container;
  const found = [...checkItems(join(paths.containers, id), container)];
  if (!layers.some((other) => other.id === layer)) {
    found.push(`layer ${layer} is not known`);
  }
  if (image !== "" && !images.some((other) => other.id === image)) {
    found.push(`image ${image} is not known`);
  }
  return found.map((finding) => `container ${id}: ${finding}`);
}

function checkItems(
  directory: string,
  members: BigDataMembers,
): readonly string[] {
  return (members["big-data-names"] ?? []).flatMap((key) => {
    const path = join(directory, bigDataFileName(key));
    if (!existsSync(path)) return [`item ${key} is missing`];
    const bytes = new Uint8Array(readFileSync(path));
    return [
      ...(bytes.byteLength === members["big-data-sizes"]?.[key]
        ? []
        : [`item ${key} has ${bytes.byteLength} bytes`]),
      ...(digestOf(bytes) === members["big-data-digests"]?.[key]
        ? []
        : [`item ${key} has another digest`]),
    ];
  });
}

function checkCounts({ paths, layers }: Contents): readonly string[] {
  const path = join(paths.runLayers, "mountpoints.json");
  return load(path, parseMountRecords)
    .filter(({ id }) => !layers.some((layer) => layer.id === id))
    .map(({ id }) => `mount of unknown layer ${id}`);
}

// What tools make there for themselves; all else has an ID for its name.
const HOME = /^(l|\.has-mount-program|backingFsBlockDev)$/;
const LAYERS = /^(layers\.json|volatile-layers\.json|layers\.lock|tmp)$/;
const IMAGES = /^images\.(json|lock)$/;
const CONTAINERS = /^(containers\.(json|lock)|volatile-containers\.json)$/;
const COUNTS = /^mountpoints\.(json|lock)$/;

function findLeftovers(
  { paths, layers, images, containers }: Contents,
): readonly string[] {
  const layerIds = layers.map(({ id }) => id);
  const containerIds = containers.map(({ id }) => id);
  const links = layerIds.map((id) =>
    readText(join(layerDirectory(paths, id), "link")) ?? ""
  );
  const tarSplits = layerIds.map((id) => `${id}.tar-split.gz`);
  return [
    ...strangers(paths.home, HOME, layerIds),
    ...strangers(paths.links, /^$/, links),
    ...strangers(paths.layers, LAYERS, [...layerIds, ...tarSplits]),
    ...strangers(join(paths.layers, "tmp"), /^$/, []),
    ...strangers(paths.images, IMAGES, images.map(({ id }) => id)),
    ...images.flatMap((image) =>
      strangers(
        join(paths.images, image.id),
        /^=/, // signatures and the like
        image["big-data-names"]?.map(bigDataFileName) ?? [],
      )
    ),
    ...strangers(paths.containers, CONTAINERS, containerIds),
    ...strangers(paths.runContainers, /^$/, containerIds),
    ...strangers(paths.runLayers, COUNTS, []),
  ];
}

function strangers(
  directory: string,
  usual: RegExp,
  known: readonly string[],
): readonly string[] {
  if (!existsSync(directory)) return [];
  const expected = new Set(known);
  return readdirSync(directory)
    .filter((name) => !usual.test(name) && !expected.has(name))
    .filter((name) => !/\.json\.(orlop-backup|damaged-[-0-9TZ.]+)$/.test(name))
    .map((name) => `leftover ${join(directory, name)}`);
}

function readText(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function readLink(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()
    ? readlinkSync(path)
    : undefined;
}
