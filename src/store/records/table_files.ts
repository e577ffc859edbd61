/** The files of a store's tables: where they are, their locks and their parsers. */

import { join } from "@std/path";
import {
  type ContainerRecord,
  type ImageRecord,
  type LayerRecord,
  type MountRecord,
  parseContainerRecords,
  parseImageRecords,
  parseLayerRecords,
  parseMountRecords,
} from "../../formats/storage/store_record.ts";
import type { StorePaths } from "../paths.ts";
import { RecordCache } from "./record_cache.ts";
import type { TableFiles } from "./record_files.ts";

/** The file that new records of a kind are in. */
export function tablePath(
  paths: StorePaths,
  kind: "layers" | "images" | "containers",
): string {
  return join(paths[kind], `${kind}.json`);
}

/** The lock of a store as a whole. */
export function storageLock({ root }: StorePaths): string {
  return join(root, "storage.lock");
}

/** The lock files of the records. */
export function lockFilesOf(paths: StorePaths): readonly string[] {
  return [
    describeLayers(paths),
    describeImages(paths),
    describeContainers(paths),
  ]
    .map(({ directory, lockName }) => join(directory, lockName));
}

const CACHES = {
  layers: new RecordCache<LayerRecord>(),
  images: new RecordCache<ImageRecord>(),
  containers: new RecordCache<ContainerRecord>(),
  mounts: new RecordCache<MountRecord>(),
};

/** The files of layers' records. */
export function describeLayers(
  { layers }: StorePaths,
): TableFiles<LayerRecord> {
  return {
    directory: layers,
    lockName: "layers.lock",
    files: ["layers.json", "volatile-layers.json"],
    parse: parseLayerRecords,
    cache: CACHES.layers,
    backups: "keep",
  };
}

/** The files of images' records. */
export function describeImages(
  { images }: StorePaths,
): TableFiles<ImageRecord> {
  return {
    directory: images,
    lockName: "images.lock",
    files: ["images.json"],
    parse: parseImageRecords,
    cache: CACHES.images,
    backups: "keep",
  };
}

/** The files of containers' records. */
export function describeContainers(
  { containers }: StorePaths,
): TableFiles<ContainerRecord> {
  return {
    directory: containers,
    lockName: "containers.lock",
    files: ["containers.json", "volatile-containers.json"],
    parse: parseContainerRecords,
    cache: CACHES.containers,
    backups: "keep",
  };
}

/** The files of the counts of mounts. */
export function describeMounts(
  { runLayers }: StorePaths,
): TableFiles<MountRecord> {
  return {
    directory: runLayers,
    lockName: "mountpoints.lock",
    files: ["mountpoints.json"],
    parse: parseMountRecords,
    // A reboot removes it, and all mounts with it.
    advice: "reboot, or unmount what is mounted in the store and remove it",
    cache: CACHES.mounts,
  };
}
