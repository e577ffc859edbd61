/**
 * The spool: an archive of what the unpacker cannot make itself (symlinks,
 * devices, whiteouts, extended attributes), for one run of GNU tar.
 */

import fs from "node:fs";
import type { TarEntry } from "../formats/tar/tar_entry.ts";
import {
  encodeTarHeaders,
  TAR_END,
  tarPadding,
} from "../formats/tar/tar_writer.ts";
import { createFile, writeFully } from "./unpack_file.ts";
import {
  createSparseBlockWriter,
  type SparseBlockWriter,
} from "./unpack_sparse.ts";
import {
  type LayerDirectory,
  type LayerTree,
  listTree,
} from "./unpack_tree.ts";

const BUFFER_BYTES = 256 * 1024;
const OPAQUE_XATTR = "trusted.overlay.opaque";
const ROOT_MODE = 0o555;
const DIRECTORY_MODE = 0o755;
const WHITEOUT_MODE = 0;
const NO_LINK = { mode: 0, uid: 0, gid: 0, mtime: 0, mtimeNs: 0 };

/** Writes a spool. */
export class SpoolWriter {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);
  #filled = 0;
  /** Of the entry's content, as it is in the spool. */
  #size = 0;
  #sparse: SparseBlockWriter | undefined;
  #isOpen = true;

  /** Makes a file, which must not exist yet. */
  constructor(path: string) {
    this.#fd = createFile(path);
  }

  /** Begins an entry; its content follows. */
  begin(entry: TarEntry): void {
    this.#sparse = entry.sparse &&
      createSparseBlockWriter(entry.sparse, (bytes) => this.#add(bytes));
    this.#size = this.#sparse?.size ?? entry.size;
    const sparse = this.#sparse?.layout;
    this.#add(encodeTarHeaders({ ...entry, size: this.#size, sparse }));
  }

  /** Adds content of the entry. */
  addContent(bytes: Uint8Array): void {
    if (this.#sparse === undefined) this.#add(bytes);
    else this.#sparse.write(bytes);
  }

  /** Ends the entry's content. */
  endContent(): void {
    this.#sparse?.end();
    this.#add(tarPadding(this.#size));
  }

  /** Adds what is left to be made in a layer, and ends the archive. */
  finish(tree: LayerTree): void {
    for (const entry of listSpoolEntries(tree)) {
      this.#add(encodeTarHeaders(entry));
    }
    this.#add(TAR_END);
    this.#flush();
  }

  /** Writes what is in memory, and closes it. */
  suspend(): void {
    this.#flush();
    this.close();
  }

  /** Closes it, also after an error. */
  close(): void {
    if (this.#isOpen) fs.closeSync(this.#fd);
    this.#isOpen = false;
  }

  #add(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) return writeFully(this.#fd, bytes);
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  #flush(): void {
    writeFully(this.#fd, this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }
}

/**
 * Lists what is left to be made: first what exists by itself, then hard links to
 * it, then each directory after what is in it, so that its times stay.
 */
export function* listSpoolEntries(tree: LayerTree): Generator<TarEntry> {
  const links: TarEntry[] = [];
  for (const [parent, name, node] of listTree(tree.root)) {
    if (typeof node === "string" || node.kind === "directory") continue;
    const path = `${parent.path}/${name}`;
    if (node.kind === "spooled-link") links.push(linkEntry(path, node.target));
    else if (node.kind === "whiteout") yield whiteoutEntry(path, node.entry);
    else yield { ...node.entry, name: path };
  }
  yield* links;
  for (const [, , node] of listTree(tree.root)) {
    if (typeof node === "string" || node.kind !== "directory") continue;
    const entry = directoryEntry(node);
    if (entry !== undefined) yield entry;
  }
  if (tree.root.isOpaque) yield rootEntry();
}

/** A directory that the layer only implies is finished where it was made. */
function directoryEntry(directory: LayerDirectory): TarEntry | undefined {
  const { entry, isOpaque, path } = directory;
  const isMade = directory.diskPath !== undefined;
  if (entry === undefined && !isOpaque && isMade) return undefined;
  const xattrs = isOpaque
    ? new Map([...entry?.xattrs ?? [], [OPAQUE_XATTR, "y"] as const])
    : entry?.xattrs;
  const base = entry ?? impliedEntry(DIRECTORY_MODE);
  return { ...base, type: "directory", name: `${path}/`, size: 0, xattrs };
}

function rootEntry(): TarEntry {
  const xattrs = new Map([[OPAQUE_XATTR, "y"]]);
  return { ...impliedEntry(ROOT_MODE), name: "./", xattrs };
}

function impliedEntry(mode: number): TarEntry {
  const mtime = Math.floor(Date.now() / 1000);
  const empty = { linkName: "", name: "", size: 0, major: 0, minor: 0 };
  return {
    ...empty,
    type: "directory",
    mode,
    uid: 0,
    gid: 0,
    mtime,
    mtimeNs: 0,
  };
}

function linkEntry(name: string, target: string): TarEntry {
  const numbers = { ...NO_LINK, size: 0, major: 0, minor: 0 };
  return { ...numbers, type: "link", name, linkName: target };
}

/** overlayfs takes a character device 0:0 for a whiteout. */
function whiteoutEntry(name: string, { uid, gid, mtime }: TarEntry): TarEntry {
  const numbers = { size: 0, major: 0, minor: 0, mtime, mtimeNs: 0 };
  return {
    ...numbers,
    type: "char",
    name,
    linkName: "",
    mode: WHITEOUT_MODE,
    uid,
    gid,
  };
}
