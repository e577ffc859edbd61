/**
 * Makes what the entries of a layer say: plain files, directories and hard links
 * on disk, the rest in the layer's tree, for the spool.
 */

import { rmSync } from "node:fs";
import type { TarEntry } from "../formats/tar/tar_entry.ts";
import { sanitizeAttributes } from "./unpack_attributes.ts";
import { type ContentSink, openContent } from "./unpack_content.ts";
import { isExactTime, linkFile, makeDirectory } from "./unpack_file.ts";
import { createLayerMarks } from "./unpack_marks.ts";
import {
  cleanPath,
  LINK_SOURCES,
  refuse,
  type SplitPath,
} from "./unpack_names.ts";
import { createReplacedFiles } from "./unpack_replaced.ts";
import { createSparseBudget } from "./unpack_sparse.ts";
import { createSpool, type SpoolWriter } from "./unpack_spool.ts";
import {
  createLayerTree,
  diskPathOf,
  findNode,
  isSpooledFile,
  type LayerDirectory,
  type LayerNode,
  type SpooledFile,
} from "./unpack_tree.ts";
import { makeWaitingLinks, unspool } from "./unpack_unspool.ts";

/** Where an entry is made. */
export interface EntryPlace {
  readonly directory: LayerDirectory;
  readonly base: string;
  /** Whether a symlink was on the way. */
  readonly isAliased: boolean;
  /** Whether no entry had this name before. */
  readonly isNew: boolean;
  /** What a directory here is merged with. */
  readonly merged: LayerDirectory | undefined;
}

/** Makes entries. Each call throws `InvalidLayerError` for what is refused. */
export interface LayerMaker {
  /** Finds the place of an entry, and moves away what it replaces. */
  place(path: SplitPath, entry: TarEntry): EntryPlace;
  makeDirectory(place: EntryPlace, entry: TarEntry): void;
  makeFile(place: EntryPlace, entry: TarEntry): ContentSink | undefined;
  makeLink(place: EntryPlace, entry: TarEntry): void;
  makeSpecial(place: EntryPlace, entry: TarEntry): void;
  /** @returns Whether it is new. */
  makeOpaque(parent: string): boolean;
  /** @returns Whether it is new. */
  makeWhiteout(path: SplitPath, entry: TarEntry): boolean;
  /** @returns Whether no entry had this name before. */
  claimName(path: string): boolean;
  /** @returns Whether a spool was written. */
  finish(): boolean;
  /** Completes a tar-split file that is written, for what was replaced. */
  finishTarSplit(path: string): void;
  abort(): void;
}

/** Where a maker works. */
export interface LayerMakerOptions {
  /** It exists, and is empty. */
  readonly diffPath: string;
  readonly spoolPath: string;
  /** A directory that does not exist, for what is replaced. */
  readonly replacedPath: string;
  readonly onWritten: (path: string, bytes: number) => void;
  /** Called for each directory that only paths imply. */
  readonly onImplied: (path: string) => void;
}

// Deno looks up each directory of a path twice when it makes a file: to read it
// again from the spool and make it by GNU tar is several times faster.
const SMALL_FILE_BYTES = 64 * 1024;
// So many are made at once, so that a layer of a file or two needs no tar.
const FIRST_FILES = 8;
// Of which one text is kept, and not one for each file.
const MAX_KNOWN_ATTRIBUTES = 10_000;
// Longer ones may be too long for the system, which tells only who opens them.
const PLAIN_PATH_BYTES = 2048;

/** Creates a maker that works below a directory. */
export function createLayerMaker(options: LayerMakerOptions): LayerMaker {
  const { diffPath, spoolPath, onWritten } = options;
  let spool: SpoolWriter | undefined;
  let needsSpool = false;
  let smallFiles = 0;
  // Whether entries replace others, so that nothing may wait in the spool.
  let isReplacing = false;
  const linkTargets = new Set<string>();
  const spooledFiles = new Map<SpooledFile, SpooledFile>();
  const marks = createLayerMarks();
  const sparseFiles = createSparseBudget();
  const replaced = createReplacedFiles(
    options.replacedPath,
    (path) => linkTargets.has(path),
  );
  const tree = createLayerTree(diffPath, (directory) => {
    if (directory.entry === undefined) options.onImplied(directory.path);
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
    },
    makeFile,
    makeLink,
    makeSpecial,
    makeOpaque: (parent) => marks.addOpaque(parent),
    makeWhiteout: (path, entry) => marks.addWhiteout(path, entry),
    claimName: (path) => replaced.claim(path),
    finish() {
      dropLinkSources();
      if (marks.apply(tree)) needsSpool = true;
      if (needsSpool) openSpool().finish(tree);
      spool?.close();
      return spool !== undefined;
    },
    finishTarSplit: (path) => replaced.finish(path),
    abort: () => spool?.close(),
  };

  function place({ parent, base }: SplitPath, entry: TarEntry): EntryPlace {
    const { directory, isAliased } = tree.findDirectory(parent, "create");
    const node = directory.children?.get(base);
    const path = parent === "" ? base : `${parent}/${base}`;
    const known = { directory, base, isAliased };
    const isDirectory = typeof node === "object" && node.kind === "directory";
    const isFirst = node === undefined ||
      isDirectory && node.entry === undefined;
    // Names by way of a symlink are not those in the tree.
    const isNew = isAliased
      ? replaced.claim(path)
      : isFirst && !replaced.has(path);
    if (isDirectory && entry.type === "directory") {
      return { ...known, isNew, merged: node };
    }
    if (node !== undefined) replace(known, entry.name);
    return { ...known, isNew, merged: undefined };
  }

  function replace(
    { directory, base }: Pick<EntryPlace, "base" | "directory">,
    name: string,
  ): void {
    beginReplacing();
    const node = directory.children?.get(base);
    if (node !== undefined) replaced.take({ directory, base, node }, name);
    tree.remove(directory, base);
  }

  function beginReplacing(): void {
    if (isReplacing) return;
    isReplacing = true;
    if (spool === undefined) return;
    spool.suspend();
    const old = { path: spoolPath, open: () => createSpool(spoolPath) };
    spool = unspool(old, tree.root, onWritten);
    linkTargets.clear();
    for (const target of makeWaitingLinks(tree.root)) {
      linkTargets.add(target.slice(2));
    }
  }

  function openSpool(): SpoolWriter {
    return spool ??= createSpool(spoolPath);
  }

  function makeFile(
    { directory, base }: EntryPlace,
    entry: TarEntry,
  ): ContentSink | undefined {
    const attributes = sanitizeAttributes(entry);
    if (entry.sparse !== undefined) sparseFiles.add(entry.name, entry.sparse);
    const path = diskPathOf(directory, base);
    const isPlain = attributes.xattrs === undefined && isExactTime(attributes);
    if (path === undefined || !isPlain || isQuickerByTar(entry, path)) {
      return spoolFile({ directory, base }, attributes);
    }
    const isEmpty = entry.size === 0 && entry.sparse === undefined;
    tree.add(directory, base, isEmpty ? "empty-file" : "file");
    return openContent(path, attributes, onWritten);
  }

  function isQuickerByTar({ size, sparse }: TarEntry, path: string): boolean {
    return size > 0 && size < SMALL_FILE_BYTES && sparse === undefined &&
      !isReplacing && path.length < PLAIN_PATH_BYTES &&
      ++smallFiles > FIRST_FILES;
  }

  /** tar replaces files, so one that it must see has its content there too. */
  function spoolFile(
    { directory, base }: Pick<EntryPlace, "base" | "directory">,
    entry: TarEntry,
  ): ContentSink | undefined {
    needsSpool = true;
    if (entry.size === 0 && entry.sparse === undefined) {
      tree.add(directory, base, { kind: "special", entry });
      return undefined;
    }
    tree.add(directory, base, describeSpooled(entry));
    const opened = openSpool();
    opened.begin({ ...entry, name: `${directory.path}/${base}` });
    return {
      write: (bytes) => opened.addContent(bytes),
      end: () => opened.endContent(),
      abort: () => {},
    };
  }

  function makeLink(place: EntryPlace, entry: TarEntry): void {
    // The last entry of a file tells its attributes, but tar sets none by links.
    const spooled = followLink(findTarget(entry).node);
    const isOther = isSpooledFile(spooled) &&
      spooled !== describeSpooled(sanitizeAttributes(entry));
    if (isOther) beginReplacing();
    const { node, directory, base } = findTarget(entry);
    const from = diskPathOf(directory, base);
    const path = diskPathOf(place.directory, place.base);
    const isOnDisk = node === "file" || node === "empty-file";
    if (isOnDisk && from !== undefined && path !== undefined) {
      linkFile(from, path, sanitizeAttributes(entry));
      tree.add(place.directory, place.base, node);
      return;
    }
    needsSpool = true;
    const isLink = typeof node === "object" && node.kind === "spooled-link";
    const target = isLink ? node.target : `${directory.path}/${base}`;
    linkTargets.add(target.slice(2));
    const link = { kind: "spooled-link", target } as const;
    tree.add(place.directory, place.base, link);
  }

  function followLink(node: LayerNode): LayerNode {
    if (typeof node === "string" || node.kind !== "spooled-link") return node;
    const target = findNode(tree.root, node.target.slice(2));
    return target?.directory.children?.get(target.base) ?? node;
  }

  /** Each text but once, as many files have the same attributes. */
  function describeSpooled(
    { mode, uid, gid, mtime, mtimeNs }: TarEntry,
  ): SpooledFile {
    const text = `spooled ${mode} ${uid} ${gid} ${mtime} ${mtimeNs}` as const;
    const known = spooledFiles.get(text);
    if (known !== undefined) return known;
    if (spooledFiles.size < MAX_KNOWN_ATTRIBUTES) spooledFiles.set(text, text);
    return text;
  }

  function findTarget({ name, linkName }: TarEntry) {
    const path = cleanPath(linkName);
    const slash = path.lastIndexOf("/");
    const base = path.slice(slash + 1);
    const parent = slash < 0 ? "" : path.slice(0, slash);
    const { directory } = tree.findDirectory(parent, "refuse");
    const node = directory.children?.get(base);
    if (node === undefined) {
      throw refuse(name, "it is a hard link to what this layer does not hold");
    }
    if (typeof node === "object" && node.kind === "directory") {
      throw refuse(name, "it is a hard link to a directory");
    }
    return { directory, base, node };
  }

  function makeSpecial({ directory, base }: EntryPlace, entry: TarEntry): void {
    if (entry.type === "char" && entry.major === 0 && entry.minor === 0) {
      throw refuse(entry.name, "the device 0:0 is overlayfs's whiteout");
    }
    if (entry.type === "symlink" && entry.linkName === "") {
      throw refuse(entry.name, "it is a symlink to nothing");
    }
    needsSpool = true;
    const node = { kind: "special", entry: sanitizeAttributes(entry) } as const;
    tree.add(directory, base, node);
  }

  /** Only their hard links are of the layer. */
  function dropLinkSources(): void {
    if (tree.root.children?.has(LINK_SOURCES) !== true) return;
    tree.remove(tree.root, LINK_SOURCES);
    rmSync(`${diffPath}/${LINK_SOURCES}`, { recursive: true });
  }
}
