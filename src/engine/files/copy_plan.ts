/** Decides the name and the directory of a copy, as podman and docker do. */

import { basename, dirname, normalize } from "@std/path";
import { NotFoundError } from "../../errors/not_found_errors.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import type { RootedFile } from "../../process/libc_roots.ts";
import type { OpenedRoot } from "./container_root.ts";

/** A path, and the root that it is in. */
export interface OpenedPlace extends AsyncDisposable {
  readonly path: string;
  /** For messages. */
  readonly shown: string;
  readonly root: OpenedRoot;
  /** Undefined for this machine. */
  readonly record: ContainerRecord | undefined;
}

/** What is copied. */
export interface FoundSource extends Disposable {
  readonly place: OpenedPlace;
  readonly file: RootedFile;
  readonly kind: "file" | "directory" | "contents";
}

/** Where it goes. */
export interface FoundTarget extends Disposable {
  /** A directory that is there. */
  readonly directory: RootedFile;
  /** The name of the copy in it; `.` for the directory itself. */
  readonly name: string;
}

// <sys/stat.h>
const TYPE = 0o170000;
const DIRECTORY = 0o040000;
const REGULAR = 0o100000;

/**
 * Finds what is to be copied.
 *
 * @throws {NotFoundError} If it is not there.
 * @throws {TypeError} If it is neither a file nor a directory.
 */
export function findSource(place: OpenedPlace): FoundSource {
  const file = place.root.find(place.path);
  if (file === undefined) throw missing(place);
  const type = file.status.mode & TYPE;
  if (type !== DIRECTORY && type !== REGULAR) {
    file[Symbol.dispose]();
    throw new TypeError(
      `Cannot copy ${place.shown}: it is neither a file nor a directory`,
    );
  }
  const isContents = /(^|\/)\.$/.test(place.path);
  const kind = type === REGULAR
    ? "file"
    : isContents
    ? "contents"
    : "directory";
  return { place, file, kind, [Symbol.dispose]: () => file[Symbol.dispose]() };
}

/** The name of a source in an archive; `.` for the contents of a directory. */
export function archiveName({ place, kind }: FoundSource): string {
  return kind === "contents" ? "." : nameOf(place.path) || ".";
}

/**
 * Finds where a copy goes.
 *
 * @param source Undefined for an archive.
 * @throws {NotFoundError} If there is no such directory.
 * @throws {TypeError} If a file is where a directory has to be.
 */
export function findTarget(
  source: FoundSource | undefined,
  place: OpenedPlace,
): FoundTarget {
  const found = place.root.find(place.path);
  if (found !== undefined && isDirectory(found)) {
    const name = source === undefined ? "." : archiveName(source);
    return toTarget(found, name);
  }
  found?.[Symbol.dispose]();
  const isFile = source?.kind === "file";
  if (source === undefined || !isFile && found !== undefined) {
    throw new TypeError(
      `Cannot copy to ${place.shown}: it is no directory, and has to be one`,
    );
  }
  // A path that ends in a slash cannot be a file.
  if (isFile && place.path.endsWith("/")) throw missing(place);
  const path = found === undefined
    ? place.path
    : place.root.resolve(place.path);
  const above = place.root.find(dirname(path));
  if (above !== undefined && isDirectory(above)) {
    return toTarget(above, nameOf(path) || ".");
  }
  above?.[Symbol.dispose]();
  throw missing(place);
}

function toTarget(directory: RootedFile, name: string): FoundTarget {
  return {
    ...{ directory, name },
    [Symbol.dispose]: () => directory[Symbol.dispose](),
  };
}

function isDirectory({ status }: RootedFile): boolean {
  return (status.mode & TYPE) === DIRECTORY;
}

/** The last name of a path; `""` of a root, or above one. */
function nameOf(path: string): string {
  const name = basename(normalize(`/${path}`));
  return name === "/" ? "" : name;
}

function missing(place: OpenedPlace): NotFoundError {
  return new NotFoundError(
    `Cannot find ${place.shown}: there is no such file or directory`,
  );
}
