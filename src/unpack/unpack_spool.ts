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

/** Writes a spool. */
export interface SpoolWriter {
  /** Begins an entry; its content follows. */
  begin(entry: TarEntry): void;
  /** Adds content of the entry. */
  addContent(bytes: Uint8Array): void;
  /** Ends the entry's content. */
  endContent(): void;
  /** Adds what is left to be made in a layer, and ends the archive. */
  finish(tree: LayerTree): void;
  /** Writes what is in memory, and closes it. */
  suspend(): void;
  /** Closes it, also after an error. */
  close(): void;
}

const BUFFER_BYTES = 256 * 1024;
const OPAQUE_XATTR = "trusted.overlay.opaque";
const ROOT_MODE = 0o555;
const DIRECTORY_MODE = 0o755;
const WHITEOUT_MODE = 0;
const NO_LINK = { mode: 0, uid: 0, gid: 0, mtime: 0, mtimeNs: 0 };

/** Creates a spool of a path that does not exist yet. */
export function createSpool(path: string): SpoolWriter {
  const fd = createFile(path);
  const buffer = new Uint8Array(BUFFER_BYTES);
  let filled = 0;
  let size = 0;
  let sparse: SparseBlockWriter | undefined;
  let isOpen = true;
  return {
    begin(entry) {
      sparse = entry.sparse && createSparseBlockWriter(entry.sparse, add);
      size = sparse?.size ?? entry.size;
      add(encodeTarHeaders({ ...entry, size, sparse: sparse?.layout }));
    },
    addContent: (bytes) =>
      sparse === undefined ? add(bytes) : sparse.write(bytes),
    endContent() {
      sparse?.end();
      add(tarPadding(size));
    },
    finish(tree) {
      for (const entry of listSpoolEntries(tree)) add(encodeTarHeaders(entry));
      add(TAR_END);
      flush();
    },
    suspend() {
      flush();
      close();
    },
    close,
  };

  function close(): void {
    if (isOpen) fs.closeSync(fd);
    isOpen = false;
  }

  function add(bytes: Uint8Array): void {
    if (filled + bytes.length > BUFFER_BYTES) flush();
    if (bytes.length > BUFFER_BYTES) return writeFully(fd, bytes);
    buffer.set(bytes, filled);
    filled += bytes.length;
  }

  function flush(): void {
    writeFully(fd, buffer.subarray(0, filled));
    filled = 0;
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
