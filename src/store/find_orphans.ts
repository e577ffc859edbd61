/** Finds what lies in a store without a record: leftovers of crashes. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "@std/path";
import type { StorePaths } from "./paths.ts";
import type { Tables } from "./tables.ts";

/** A file or directory that no record names. */
export interface Orphan {
  readonly kind: "layer" | "tar-split" | "image" | "container" | "temporary";
  readonly path: string;
}

const ID = /^[0-9a-f]{64}$/;
const TAR_SPLIT = /^([0-9a-f]{64})\.tar-split\.gz$/;

/**
 * Finds orphans, by the rules of containers/storage's own garbage collection.
 *
 * @param held All three locks: nobody creates anything meanwhile.
 */
export function findOrphans(
  paths: StorePaths,
  { layers, images, containers }: Tables,
): readonly Orphan[] {
  const isLayer = (id: string) => layers.get(id) !== undefined;
  const isImage = (id: string) => images.get(id) !== undefined;
  const isContainer = (id: string) => containers.get(id) !== undefined;
  const tarSplits = list(paths.layers).filter((name) => {
    const id = TAR_SPLIT.exec(name)?.[1];
    return id !== undefined && !isLayer(id);
  });
  const temporaryIn = [paths.layers, paths.images, paths.containers];
  return [
    ...unknownIds(paths.home, isLayer).map(as("layer")),
    ...unknownIds(paths.layers, isLayer).map(as("layer")),
    ...tarSplits.map((name) => join(paths.layers, name)).map(as("tar-split")),
    ...unknownIds(paths.images, isImage).map(as("image")),
    ...unknownIds(paths.containers, isContainer).map(as("container")),
    ...unknownIds(paths.runContainers, isContainer).map(as("container")),
    ...temporaryIn.flatMap(temporaryFiles).map(as("temporary")),
  ];
}

function as(kind: Orphan["kind"]): (path: string) => Orphan {
  return (path) => ({ kind, path });
}

function temporaryFiles(directory: string): readonly string[] {
  return list(directory)
    .filter((name) => name.startsWith(".tmp-"))
    .map((name) => join(directory, name));
}

function unknownIds(
  directory: string,
  isKnown: (id: string) => boolean,
): readonly string[] {
  return list(directory)
    .filter((name) => ID.test(name) && !isKnown(name))
    .map((name) => join(directory, name));
}

function list(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
