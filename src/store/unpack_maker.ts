/**
 * Makes what the entries of a layer say: plain files, directories and hard links
 * on disk, the rest in the layer's tree, for the spool.
 */

import type { TarEntry } from "../formats/tar_entry.ts";
import { sanitizeAttributes } from "./unpack_attributes.ts";
import {
  createFile,
  finishFile,
  isExactTime,
  linkFile,
  makeDirectory,
  removeDirectory,
  removeFile,
  writeFully,
} from "./unpack_file.ts";
import { cleanPath, refuse } from "./unpack_names.ts";
import type { SpoolWriter } from "./unpack_spool.ts";
import {
  createLayerTree,
  diskPathOf,
  type LayerDirectory,
  type LayerNode,
} from "./unpack_tree.ts";

/** Takes the content of a file. */
export interface ContentSink {
  write(bytes: Uint8Array): void;
  end(): void;
  /** Closes what is open. */
  abort(): void;
}

/** Where an entry is made. */
export interface EntryPlace {
  readonly directory: LayerDirectory;
  readonly base: string;
  /** Whether a symlink was on the way. */
  readonly isAliased: boolean;
  /** Whether nothing was there that an entry had made. */
  readonly isNew: boolean;
  /** What a directory here is merged with. */
  readonly merged: LayerDirectory | undefined;
  /** Whether a directory here hides those of lower layers. */
  readonly isOpaque: boolean;
}

/** A parent and a name in it; clean binary strings. */
export interface SplitPath {
  readonly parent: string;
  readonly base: string;
}

/** Makes entries. Each call throws `InvalidLayerError` for what is refused. */
export interface LayerMaker {
  /** Finds the place of an entry, and removes what it replaces. */
  place(path: SplitPath, entry: TarEntry): EntryPlace;
  makeDirectory(place: EntryPlace, entry: TarEntry): void;
  makeFile(place: EntryPlace, entry: TarEntry): ContentSink | undefined;
  makeLink(place: EntryPlace, entry: TarEntry): void;
  makeSpecial(place: EntryPlace, entry: TarEntry): void;
  /** @returns Whether it was not so before. */
  makeOpaque(parent: string): boolean;
  /** @returns Whether it was made; later files win, and lost parents. */
  makeWhiteout(path: SplitPath, entry: TarEntry): boolean;
  /** How many directories only paths imply. */
  implied(): number;
  /** @returns Whether a spool was written. */
  finish(): boolean;
  abort(): void;
}

// Deno looks up each directory of a path twice when it makes a file: to read it
// again from the spool and make it by GNU tar is several times faster.
const SMALL_FILE_BYTES = 64 * 1024;
// So many are made at once, so that a layer of a file or two needs no tar.
const FIRST_FILES = 8;
// Longer ones may be too long for the system, which tells only who opens them.
const PLAIN_PATH_BYTES = 2048;

// Of which it is told that they were written, and after how much.
const LARGE_FILE_BYTES = 512 * 1024;
const LARGE_PART_BYTES = 32 * 1024 * 1024;

/** Creates a maker that works below a directory. */
export function createLayerMaker(
  { diffPath, openSpool, onWritten }: {
    readonly diffPath: string;
    readonly openSpool: () => SpoolWriter;
    readonly onWritten: (path: string, bytes: number) => void;
  },
): LayerMaker {
  let spool: SpoolWriter | undefined;
  let implied = 0;
  let needsSpool = false;
  let smallFiles = 0;
  const tree = createLayerTree(diffPath, (directory) => {
    if (directory.entry === undefined) implied++;
    if (directory.diskPath === undefined) needsSpool = true;
    else makeDirectory(directory.diskPath);
  });
  return {
    place,
    makeDirectory(place, entry) {
      needsSpool = true;
      const attributes = sanitizeAttributes(entry);
      const directory = place.merged ??
        tree.addDirectory(place.directory, place.base, attributes);
      directory.entry = attributes;
      directory.isOpaque ||= place.isOpaque;
    },
    makeFile,
    makeLink,
    makeSpecial,
    makeOpaque(parent) {
      const found = tree.findDirectory(parent, "create");
      if (found === undefined || found.directory.isOpaque) return false;
      needsSpool = true;
      return found.directory.isOpaque = true;
    },
    makeWhiteout({ parent, base }, entry) {
      const found = tree.findDirectory(parent, "create");
      if (found === undefined) return false;
      if (found.directory.children?.has(base) === true) return false;
      needsSpool = true;
      tree.add(found.directory, base, {
        kind: "whiteout",
        entry: sanitizeAttributes(entry),
        isLinked: false,
      });
      return true;
    },
    implied: () => implied,
    finish() {
      if (needsSpool) {
        spool ??= openSpool();
        spool.finish(tree);
      }
      spool?.close();
      return spool !== undefined;
    },
    abort: () => spool?.close(),
  };

  function place({ parent, base }: SplitPath, entry: TarEntry): EntryPlace {
    const found = tree.findDirectory(parent, "create");
    if (found === undefined) {
      throw refuse(entry.name, "its parent is deleted by the same layer");
    }
    const { directory, isAliased } = found;
    const node = directory.children?.get(base);
    const known = { directory, base, isAliased };
    if (node === undefined) {
      return { ...known, isNew: true, merged: undefined, isOpaque: false };
    }
    if (typeof node !== "string" && node.kind === "directory") {
      const isNew = node.entry === undefined;
      if (entry.type === "directory") {
        return { ...known, isNew, merged: node, isOpaque: false };
      }
    }
    replace(known, node, entry.name);
    const wasWhiteout = typeof node !== "string" && node.kind === "whiteout";
    return {
      ...known,
      isNew: wasWhiteout,
      merged: undefined,
      isOpaque: wasWhiteout,
    };
  }

  function replace(
    { directory, base }: Pick<EntryPlace, "base" | "directory">,
    node: LayerNode,
    name: string,
  ): void {
    const path = diskPathOf(directory, base);
    if (node === "empty-file") {
      if (path !== undefined) removeFile(path);
    } else if (typeof node === "string" || isFile(node)) {
      throw refuse(name, "it appears twice");
    } else if (node.kind === "directory") {
      if ((node.children?.size ?? 0) > 0) {
        throw refuse(name, "it replaces a directory that is not empty");
      }
      if (path !== undefined) removeDirectory(path);
    } else if (node.kind !== "spooled-link" && node.isLinked) {
      throw refuse(name, "it replaces something that has hard links");
    }
    tree.remove(directory, base);
  }

  function makeFile(
    { directory, base }: EntryPlace,
    entry: TarEntry,
  ): ContentSink | undefined {
    const attributes = sanitizeAttributes(entry);
    const path = diskPathOf(directory, base);
    const isPlain = attributes.xattrs === undefined && isExactTime(attributes);
    if (path === undefined || !isPlain || isQuickerByTar(entry, path)) {
      return spoolFile({ directory, base }, attributes);
    }
    tree.add(directory, base, entry.size === 0 ? "empty-file" : "file");
    const fd = createFile(path);
    if (entry.size === 0) {
      finishFile(fd, attributes);
      return undefined;
    }
    const isLarge = entry.size >= LARGE_FILE_BYTES;
    return fileSink(fd, attributes, (bytes) => {
      if (isLarge) onWritten(path, bytes);
    });
  }

  function isQuickerByTar({ size }: TarEntry, path: string): boolean {
    return size > 0 && size < SMALL_FILE_BYTES &&
      path.length < PLAIN_PATH_BYTES && ++smallFiles > FIRST_FILES;
  }

  /** tar replaces files, so one that it must see has its content there too. */
  function spoolFile(
    { directory, base }: Pick<EntryPlace, "base" | "directory">,
    entry: TarEntry,
  ): ContentSink | undefined {
    needsSpool = true;
    if (entry.size === 0) {
      tree.add(directory, base, { kind: "special", entry, isLinked: false });
      return undefined;
    }
    tree.add(directory, base, "spooled-file");
    const opened = spool ??= openSpool();
    opened.begin({ ...entry, name: `${directory.path}/${base}` });
    return {
      write: (bytes) => opened.addContent(bytes),
      end: () => opened.endContent(),
      abort: () => {},
    };
  }

  function makeLink(place: EntryPlace, entry: TarEntry): void {
    const target = findTarget(entry);
    const { node, directory, base } = target;
    const from = diskPathOf(directory, base);
    const path = diskPathOf(place.directory, place.base);
    const isOnDisk = node === "file" || node === "empty-file";
    if (isOnDisk && from !== undefined && path !== undefined) {
      linkFile(from, path, sanitizeAttributes(entry));
      tree.add(place.directory, place.base, node);
      return;
    }
    needsSpool = true;
    const isLink = typeof node !== "string" && node.kind === "spooled-link";
    if (typeof node !== "string" && "isLinked" in node) node.isLinked = true;
    tree.add(place.directory, place.base, {
      kind: "spooled-link",
      target: isLink ? node.target : `${directory.path}/${base}`,
      isFile: isFile(node),
    });
  }

  function findTarget({ name, linkName }: TarEntry) {
    const path = cleanPath(linkName);
    const slash = path.lastIndexOf("/");
    const base = path.slice(slash + 1);
    const parent = slash < 0 ? "" : path.slice(0, slash);
    const found = tree.findDirectory(parent, "refuse");
    const node = found?.directory.children?.get(base);
    if (found === undefined || node === undefined) {
      throw refuse(name, "it is a hard link to what this layer does not hold");
    }
    if (typeof node !== "string" && node.kind === "directory") {
      throw refuse(name, "it is a hard link to a directory");
    }
    return { directory: found.directory, base, node };
  }

  function makeSpecial({ directory, base }: EntryPlace, entry: TarEntry): void {
    if (entry.type === "char" && entry.major === 0 && entry.minor === 0) {
      throw refuse(entry.name, "the device 0:0 is overlayfs's whiteout");
    }
    if (entry.type === "symlink" && entry.linkName === "") {
      throw refuse(entry.name, "it is a symlink to nothing");
    }
    needsSpool = true;
    const attributes = sanitizeAttributes(entry);
    tree.add(directory, base, {
      kind: "special",
      entry: attributes,
      isLinked: false,
    });
  }
}

function isFile(node: LayerNode): boolean {
  if (typeof node === "string") return true;
  return node.kind === "spooled-link" && node.isFile;
}

function fileSink(
  fd: number,
  attributes: TarEntry,
  onPart: (bytes: number) => void,
): ContentSink {
  let isOpen = true;
  let added = 0;
  const finish = () => {
    if (!isOpen) return; // its end failed, and that is the error to tell
    isOpen = false;
    finishFile(fd, attributes);
  };
  return {
    write(bytes) {
      writeFully(fd, bytes);
      added += bytes.length;
      if (added < LARGE_PART_BYTES) return;
      onPart(added);
      added = 0;
    },
    end() {
      finish();
      onPart(added);
    },
    abort: finish,
  };
}
