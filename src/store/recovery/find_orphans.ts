/** Finds files in a store that have no record: leftovers of crashes. */

import { join } from "@std/path";
import { isErrno } from "../../fs/errno.ts";
import { isThere, readLinkIfThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import type { Libc } from "../../process/libc.ts";
import {
  attachmentsDirectory,
  downloadsDirectory,
  exitsDirectory,
  runDirectory,
  type StorePaths,
  workDirectory,
} from "../paths.ts";
import { tryLock } from "../records/lock.ts";
import type { ReadTables } from "../records/tables.ts";
import type { Store } from "../store.ts";

/** A file or directory that no record names. */
export interface Orphan {
  readonly kind: OrphanKind;
  readonly path: string;
  /**
   * When it was last changed, in milliseconds since 1970: a recent one may be in
   * use. Undefined if it cannot be in use.
   */
  readonly changedMs?: number;
  /** The layer of a download. */
  readonly layerId?: string;
}

/** The kinds of orphans. */
export type OrphanKind =
  | "layer"
  | "tar-split"
  | "image"
  | "container"
  | "temporary"
  | "link"
  /** A blob that was received in part. */
  | "download"
  /** A test of the kernel's features. */
  | "probe";

const ID = /^[0-9a-f]{64}$/;
const TAR_SPLIT = /^([0-9a-f]{64})\.tar-split\.gz$/;
// What containers/storage makes in its home to try out overlay mounts.
const PROBE = /^(compat|metacopy-check|opaque-bug-check|volatile-check)\d+$/;
// The same by orlop.
const TRIAL = /^trial-\d+$/;

/**
 * Finds orphans, by the rules of containers/storage's own garbage collection.
 *
 * @param held All three locks: nobody creates anything meanwhile.
 */
export function findOrphans(
  { paths, libc }: Pick<Store, "paths" | "libc">,
  { layers, images, containers }: ReadTables,
): readonly Orphan[] {
  const isLayer = (id: string) => layers.lookUp(id) !== undefined;
  const isImage = (id: string) => images.lookUp(id) !== undefined;
  const isContainer = (id: string) => containers.lookUp(id) !== undefined;
  const tarSplits = listIfDirectory(paths.layers).filter((name) => {
    const id = TAR_SPLIT.exec(name)?.[1];
    return id !== undefined && !isLayer(id);
  });
  const temporaryIn = [
    ...[paths.layers, paths.images, paths.containers, paths.runLayers],
    ...images.records.map(({ id }) => join(paths.images, id)),
    ...containers.records.map(({ id }) => join(paths.containers, id)),
  ];
  const ownTemporaryIn = [
    join(paths.root, "orlop"),
    attachmentsDirectory(paths),
    ...containers.records.flatMap(({ id }) => [
      workDirectory(paths, id),
      runDirectory(paths, id),
    ]),
  ];
  const partialPulls = join(paths.home, "staging");
  return [
    ...findLayers(paths, layers),
    ...unknownIds(paths.layers, isLayer).map(as("layer")),
    ...tarSplits.map((name) => join(paths.layers, name)).map(as("tar-split")),
    ...unknownIds(paths.images, isImage).map(as("image")),
    ...unknownIds(paths.containers, isContainer).map(as("container")),
    ...unknownIds(paths.runContainers, isContainer).map(as("container")),
    ...unknownIds(exitsDirectory(paths), isContainer).map(as("container")),
    ...temporaryIn.flatMap(temporaryFiles).map(as("temporary")),
    // These are written without a lock.
    ...ownTemporaryIn.flatMap(temporaryFiles)
      .flatMap((path) => aged("temporary", path)),
    ...danglingLinks(paths, isLayer).map(as("link")),
    ...listIfDirectory(paths.home).filter((name) => PROBE.test(name))
      .flatMap((name) => aged("probe", join(paths.home, name))),
    ...listIfDirectory(join(paths.root, "orlop"))
      .filter((name) => TRIAL.test(name))
      .flatMap((name) => aged("probe", join(paths.root, "orlop", name))),
    ...findDownloads(paths),
    // podman's partial pulls, which hold a lock in them while they run.
    ...listIfDirectory(partialPulls).map((name) => join(partialPulls, name))
      .filter((path) => !isLocked(join(path, "staging.lock"), libc))
      .flatMap((path) => aged("download", path)),
  ];
}

/**
 * If another tool wrote the records last, only an old layer is surely unused: the
 * tool may keep records elsewhere, as in a transient store.
 */
function findLayers(
  { home }: StorePaths,
  layers: ReadTables["layers"],
): readonly Orphan[] {
  const found = unknownIds(home, (id) => layers.lookUp(id) !== undefined);
  return layers.origin === "other"
    ? found.flatMap((path) => aged("layer", path))
    : found.map(as("layer"));
}

function as(kind: OrphanKind): (path: string) => Orphan {
  return (path) => ({ kind, path });
}

/** An orphan with its age; none if it is gone. */
function aged(kind: OrphanKind, path: string): readonly Orphan[] {
  try {
    return [{
      kind,
      path,
      changedMs: Deno.lstatSync(path).mtime?.getTime() ?? 0,
    }];
  } catch (error) {
    if (isErrno(error, "ENOENT")) return [];
    throw error;
  }
}

function findDownloads(paths: StorePaths): readonly Orphan[] {
  const directory = downloadsDirectory(paths);
  return listIfDirectory(directory).flatMap((layerId) =>
    aged("download", join(directory, layerId))
      .map((orphan) => ({ ...orphan, layerId }))
  );
}

/** Without libc the locks of other tools are invisible: it may be locked. */
function isLocked(path: string, libc: Libc | undefined): boolean {
  if (libc === undefined) return true;
  if (!isThere(path)) return false; // made by a version without locks
  using lock = tryLock(path, libc);
  return lock === undefined;
}

function temporaryFiles(directory: string): readonly string[] {
  return listIfDirectory(directory)
    .filter((name) => name.startsWith(".tmp-"))
    .map((name) => join(directory, name));
}

/** Short names of layers that are gone: `../<id>/diff`. */
function danglingLinks(
  { links }: StorePaths,
  isLayer: (id: string) => boolean,
): readonly string[] {
  return listIfDirectory(links).map((name) => join(links, name)).filter(
    (path) => {
      const id = /^\.\.\/([^/]+)\/diff$/.exec(readLinkIfThere(path) ?? "")?.[1];
      return id !== undefined && !isLayer(id);
    },
  );
}

function unknownIds(
  directory: string,
  isKnown: (id: string) => boolean,
): readonly string[] {
  return listIfDirectory(directory)
    .filter((name) => ID.test(name) && !isKnown(name))
    .map((name) => join(directory, name));
}
