/**
 * Takes files out of a spool and makes them, as far as that can be done without GNU
 * tar: for layers that replace their own files, which are then all on the disk.
 */

import { rmSync } from "node:fs";
import { TarScanner } from "../formats/tar/tar_scanner.ts";
import { type ContentSink, openContent } from "./unpack_content.ts";
import { isExactTime, linkFile, moveFile, readParts } from "./unpack_file.ts";
import type { SpoolWriter } from "./unpack_spool.ts";
import {
  diskPathOf,
  findNode,
  type LayerDirectory,
  listTree,
} from "./unpack_tree.ts";

const BUFFER_BYTES = 256 * 1024;

/**
 * Makes the files of a spool.
 *
 * @param spool Where it is, and how to begin one in its place.
 * @returns The new spool, with those that were left.
 */
export function unspool(
  spool: { readonly path: string; open(): SpoolWriter },
  root: LayerDirectory,
  onWritten: (path: string, bytes: number) => void,
): SpoolWriter {
  const old = `${spool.path}.old`;
  moveFile(spool.path, old);
  const rest = spool.open();
  let sink: ContentSink | undefined;
  const scanner = new TarScanner({
    onRaw() {},
    onEntry(entry) {
      const place = findNode(root, entry.name.slice(2));
      const path = place && diskPathOf(place.directory, place.base);
      const isPlain = entry.xattrs === undefined && isExactTime(entry);
      if (place === undefined || path === undefined || !isPlain) {
        rest.begin(entry);
        sink = {
          write: (bytes) => rest.addContent(bytes),
          end: () => rest.endContent(),
          abort() {},
        };
        return;
      }
      sink = openContent(path, entry, onWritten);
      place.directory.children?.set(place.base, "file");
    },
    onContent: (bytes) => sink?.write(bytes),
    onEntryEnd: () => sink?.end(),
  });
  try {
    for (const part of readParts(old, BUFFER_BYTES)) scanner.write(part);
    scanner.end();
    rmSync(old);
    return rest;
  } catch (error) {
    sink?.abort();
    rest.close();
    throw error;
  }
}

/**
 * Makes hard links that waited for their files, as far as these are on the disk.
 *
 * @returns What the others refer to, as in the spool.
 */
export function makeWaitingLinks(root: LayerDirectory): readonly string[] {
  const left: string[] = [];
  for (const [directory, base, node] of listTree(root)) {
    if (typeof node === "string" || node.kind !== "spooled-link") continue;
    const target = findNode(root, node.target.slice(2));
    const from = target && diskPathOf(target.directory, target.base);
    const path = diskPathOf(directory, base);
    const linked = target?.directory.children?.get(target.base);
    const isOnDisk = linked === "file" || linked === "empty-file";
    if (!isOnDisk || from === undefined || path === undefined) {
      left.push(node.target);
    } else {
      linkFile(from, path);
      directory.children?.set(base, linked);
    }
  }
  return left;
}
