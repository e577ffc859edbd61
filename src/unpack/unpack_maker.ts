/**
 * Makes the files of a layer's entries: plain files, directories and hard links on
 * disk; the rest in the layer's tree, for the spool.
 */

import { rmSync } from "node:fs";
import type { TarEntry } from "../formats/tar/tar_entry.ts";
import { sanitizeAttributes } from "./unpack_attributes.ts";
import { type ContentSink, openContent } from "./unpack_content.ts";
import { isExactTime, linkFile, makeDirectory } from "./unpack_file.ts";
import { findLinkTarget, followLink } from "./unpack_links.ts";
import { LayerMarks } from "./unpack_marks.ts";
import { LINK_SOURCES, refuse, type SplitPath } from "./unpack_names.ts";
import { ReplacedFiles } from "./unpack_replaced.ts";
import { createSparseBudget } from "./unpack_sparse.ts";
import { SpoolWriter } from "./unpack_spool.ts";
import {
  diskPathOf,
  isSpooledFile,
  type LayerDirectory,
  LayerTree,
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
// The first files are made directly, so that a small layer needs no tar.
const FIRST_FILES = 8;
// Of which one text is kept, and not one for each file.
const MAX_KNOWN_ATTRIBUTES = 10_000;
// Longer paths may exceed the system's limit, which shows only at an open.
const PLAIN_PATH_BYTES = 2048;

/**
 * Makes entries below a directory. Each call throws `InvalidLayerError` for what
 * is refused.
 */
export class LayerMaker {
  readonly #diffPath: string;
  readonly #spoolPath: string;
  readonly #onWritten: LayerMakerOptions["onWritten"];
  #spool: SpoolWriter | undefined;
  #needsSpool = false;
  #smallFiles = 0;
  // Whether entries replace others, so that nothing may wait in the spool.
  #isReplacing = false;
  readonly #linkTargets = new Set<string>();
  readonly #spooledFiles = new Map<SpooledFile, SpooledFile>();
  readonly #marks = new LayerMarks();
  readonly #sparseFiles = createSparseBudget();
  readonly #replaced: ReplacedFiles;
  readonly #tree: LayerTree;

  constructor(options: LayerMakerOptions) {
    this.#diffPath = options.diffPath;
    this.#spoolPath = options.spoolPath;
    this.#onWritten = options.onWritten;
    this.#replaced = new ReplacedFiles(
      options.replacedPath,
      (path) => this.#linkTargets.has(path),
    );
    this.#tree = new LayerTree(options.diffPath, (directory) => {
      if (directory.entry === undefined) options.onImplied(directory.path);
      if (directory.diskPath === undefined) this.#needsSpool = true;
      else makeDirectory(directory.diskPath);
    });
  }

  /** Finds the place of an entry, and moves away what it replaces. */
  place({ parent, base }: SplitPath, entry: TarEntry): EntryPlace {
    const { directory, isAliased } = this.#tree.findDirectory(parent, "create");
    const node = directory.children?.get(base);
    const path = parent === "" ? base : `${parent}/${base}`;
    const known = { directory, base, isAliased };
    const isDirectory = typeof node === "object" && node.kind === "directory";
    const isFirst = node === undefined ||
      isDirectory && node.entry === undefined;
    // Names by way of a symlink are not those in the tree.
    const isNew = isAliased
      ? this.#replaced.claim(path)
      : isFirst && !this.#replaced.has(path);
    if (isDirectory && entry.type === "directory") {
      return { ...known, isNew, merged: node };
    }
    if (node !== undefined) this.#replace(known, entry.name);
    return { ...known, isNew, merged: undefined };
  }

  #replace(
    { directory, base }: Pick<EntryPlace, "base" | "directory">,
    name: string,
  ): void {
    this.#beginReplacing();
    const node = directory.children?.get(base);
    if (node !== undefined) {
      this.#replaced.take({ directory, base, node }, name);
    }
    this.#tree.remove(directory, base);
  }

  #beginReplacing(): void {
    if (this.#isReplacing) return;
    this.#isReplacing = true;
    if (this.#spool === undefined) return;
    this.#spool.suspend();
    const old = {
      path: this.#spoolPath,
      open: () => new SpoolWriter(this.#spoolPath),
    };
    this.#spool = unspool(old, this.#tree.root, this.#onWritten);
    this.#linkTargets.clear();
    for (const target of makeWaitingLinks(this.#tree.root)) {
      this.#linkTargets.add(target.slice(2));
    }
  }

  #openSpool(): SpoolWriter {
    return this.#spool ??= new SpoolWriter(this.#spoolPath);
  }

  makeDirectory(place: EntryPlace, entry: TarEntry): void {
    this.#needsSpool = true;
    const attributes = sanitizeAttributes(entry);
    const directory = place.merged ??
      this.#tree.addDirectory(place.directory, place.base, attributes);
    directory.entry = attributes;
  }

  makeFile(
    { directory, base }: EntryPlace,
    entry: TarEntry,
  ): ContentSink | undefined {
    const attributes = sanitizeAttributes(entry);
    if (entry.sparse !== undefined) {
      this.#sparseFiles.add(entry.name, entry.sparse);
    }
    const path = diskPathOf(directory, base);
    const isPlain = attributes.xattrs === undefined && isExactTime(attributes);
    if (path === undefined || !isPlain || this.#isQuickerByTar(entry, path)) {
      return this.#spoolFile({ directory, base }, attributes);
    }
    const isEmpty = entry.size === 0 && entry.sparse === undefined;
    this.#tree.add(directory, base, isEmpty ? "empty-file" : "file");
    return openContent(path, attributes, this.#onWritten);
  }

  #isQuickerByTar({ size, sparse }: TarEntry, path: string): boolean {
    return size > 0 && size < SMALL_FILE_BYTES && sparse === undefined &&
      !this.#isReplacing && path.length < PLAIN_PATH_BYTES &&
      ++this.#smallFiles > FIRST_FILES;
  }

  /** tar replaces files, so one that it must see has its content there too. */
  #spoolFile(
    { directory, base }: Pick<EntryPlace, "base" | "directory">,
    entry: TarEntry,
  ): ContentSink | undefined {
    this.#needsSpool = true;
    if (entry.size === 0 && entry.sparse === undefined) {
      this.#tree.add(directory, base, { kind: "special", entry });
      return undefined;
    }
    this.#tree.add(directory, base, this.#describeSpooled(entry));
    const opened = this.#openSpool();
    opened.begin({ ...entry, name: `${directory.path}/${base}` });
    return {
      write: (bytes) => opened.addContent(bytes),
      end: () => opened.endContent(),
      abort: () => {},
    };
  }

  makeLink(place: EntryPlace, entry: TarEntry): void {
    // The last entry of a file tells its attributes, but tar sets none by links.
    const spooled = followLink(
      this.#tree,
      findLinkTarget(this.#tree, entry).node,
    );
    const isOther = isSpooledFile(spooled) &&
      spooled !== this.#describeSpooled(sanitizeAttributes(entry));
    if (isOther) this.#beginReplacing();
    const { node, directory, base } = findLinkTarget(this.#tree, entry);
    const from = diskPathOf(directory, base);
    const path = diskPathOf(place.directory, place.base);
    const isOnDisk = node === "file" || node === "empty-file";
    if (isOnDisk && from !== undefined && path !== undefined) {
      linkFile(from, path, sanitizeAttributes(entry));
      this.#tree.add(place.directory, place.base, node);
      return;
    }
    this.#needsSpool = true;
    const isLink = typeof node === "object" && node.kind === "spooled-link";
    const target = isLink ? node.target : `${directory.path}/${base}`;
    this.#linkTargets.add(target.slice(2));
    const link = { kind: "spooled-link", target } as const;
    this.#tree.add(place.directory, place.base, link);
  }

  makeSpecial({ directory, base }: EntryPlace, entry: TarEntry): void {
    if (entry.type === "char" && entry.major === 0 && entry.minor === 0) {
      throw refuse(entry.name, "the device 0:0 is overlayfs's whiteout");
    }
    if (entry.type === "symlink" && entry.linkName === "") {
      throw refuse(entry.name, "it is a symlink to nothing");
    }
    this.#needsSpool = true;
    const node = { kind: "special", entry: sanitizeAttributes(entry) } as const;
    this.#tree.add(directory, base, node);
  }

  /** @returns Whether it is new. */
  makeOpaque(parent: string): boolean {
    return this.#marks.addOpaque(parent);
  }

  /** @returns Whether it is new. */
  makeWhiteout(path: SplitPath, entry: TarEntry): boolean {
    return this.#marks.addWhiteout(path, entry);
  }

  /** @returns Whether no entry had this name before. */
  claimName(path: string): boolean {
    return this.#replaced.claim(path);
  }

  /** @returns Whether a spool was written. */
  finish(): boolean {
    this.#dropLinkSources();
    if (this.#marks.apply(this.#tree)) this.#needsSpool = true;
    if (this.#needsSpool) this.#openSpool().finish(this.#tree);
    this.#spool?.close();
    return this.#spool !== undefined;
  }

  /** Completes a tar-split file that is written, for what was replaced. */
  finishTarSplit(path: string): void {
    this.#replaced.finish(path);
  }

  /** Closes what is open, after an error. */
  abort(): void {
    this.#spool?.close();
  }

  /** Each text but once, as many files have the same attributes. */
  #describeSpooled(
    { mode, uid, gid, mtime, mtimeNs }: TarEntry,
  ): SpooledFile {
    const text = `spooled ${mode} ${uid} ${gid} ${mtime} ${mtimeNs}` as const;
    const known = this.#spooledFiles.get(text);
    if (known !== undefined) return known;
    if (this.#spooledFiles.size < MAX_KNOWN_ATTRIBUTES) {
      this.#spooledFiles.set(text, text);
    }
    return text;
  }

  /** Only their hard links are of the layer. */
  #dropLinkSources(): void {
    if (this.#tree.root.children?.has(LINK_SOURCES) !== true) return;
    this.#tree.remove(this.#tree.root, LINK_SOURCES);
    rmSync(`${this.#diffPath}/${LINK_SOURCES}`, { recursive: true });
  }
}
