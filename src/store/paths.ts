/** Where things lie in a store of containers/storage, overlay driver. */

import { join } from "@std/path";
import type {
  ContainerId,
  ImageId,
  LayerId,
} from "../formats/storage/store_ids.ts";

/** The paths of one store; all absolute. */
export interface StorePaths {
  /** The graph root: survives a reboot. */
  readonly root: string;
  /** The run root: may vanish at a reboot. */
  readonly runRoot: string;
  /** The driver's home: a directory for each layer. */
  readonly home: string;
  /** Symbolic links from short names to layers. */
  readonly links: string;
  /** Records of layers, and their tar-split files. */
  readonly layers: string;
  /** Work in progress; if abandoned, the next process removes it. */
  readonly staging: string;
  /** Records of images, and their items. */
  readonly images: string;
  /** Records of containers, and their work dirs. */
  readonly containers: string;
  /** Counts of mounts. */
  readonly runLayers: string;
  /** Containers' run dirs. */
  readonly runContainers: string;
}

/** The two directories that a store is made of. */
export interface StoreLocation {
  /** Survives a reboot. */
  readonly root: string;
  /** May be emptied by a reboot. */
  readonly runRoot: string;
}

/** Lays out a store. */
export function layOut({ root, runRoot }: StoreLocation): StorePaths {
  const home = join(root, "overlay");
  const layers = join(root, "overlay-layers");
  return {
    root,
    runRoot,
    home,
    links: join(home, "l"),
    layers,
    staging: join(layers, "tmp"),
    images: join(root, "overlay-images"),
    containers: join(root, "overlay-containers"),
    runLayers: join(runRoot, "overlay-layers"),
    runContainers: join(runRoot, "overlay-containers"),
  };
}

/** The directory of a layer, with `diff`, `link`, `lower`, `work`, `merged`. */
export function layerDirectory(paths: StorePaths, layerId: LayerId): string {
  return join(paths.home, layerId);
}

/** What rebuilds a layer's tar, byte for byte, from its `diff`. */
export function tarSplitPath(paths: StorePaths, layerId: LayerId): string {
  return join(paths.layers, `${layerId}.tar-split.gz`);
}

/** Where an image's items lie. */
export function imageDirectory({ images }: StorePaths, id: ImageId): string {
  return join(images, id);
}

/** A container's directory that survives a reboot. */
export function workDirectory(
  paths: StorePaths,
  containerId: ContainerId,
): string {
  return join(paths.containers, containerId, "userdata");
}

/** A container's directory that may vanish at a reboot. */
export function runDirectory(
  paths: StorePaths,
  containerId: ContainerId,
): string {
  return join(paths.runContainers, containerId, "userdata");
}

/**
 * Notes of the pods that hold something outside the store: namespaces, addresses.
 * That must be released before the pod's record is deleted.
 */
export function attachmentsDirectory({ root }: StorePaths): string {
  return join(root, "orlop", "attachments");
}

/** The note of one pod; see {@linkcode attachmentsDirectory}. */
export function attachmentPath(paths: StorePaths, podId: ContainerId): string {
  return join(attachmentsDirectory(paths), `${podId}.json`);
}

/**
 * Partial downloads of blobs, by the ID of their layer. Only orlop uses this
 * directory.
 */
export function downloadsDirectory({ root }: StorePaths): string {
  return join(root, "orlop", "downloads");
}

/** Where conmon writes exit codes: a folder for each container. */
export function exitsDirectory({ runRoot }: StorePaths): string {
  return join(runRoot, "orlop", "exits");
}
