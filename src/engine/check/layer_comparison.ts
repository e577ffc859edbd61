/** Compares the files of a layer with the entries of its archive. */

import { readdirSync } from "node:fs";
import { InvalidLayerError } from "../../errors/image_errors.ts";
import {
  decodeBinaryString,
  toBinaryString,
} from "../../formats/binary_string.ts";
import { toBytes } from "../../formats/bytes.ts";
import type { TarEntry, TarType } from "../../formats/tar/tar_entry.ts";
import type { TarHandler } from "../../formats/tar/tar_scanner.ts";
import { isErrno } from "../../fs/errno.ts";
import { lstatIfThere } from "../../fs/if_there.ts";
import {
  cleanPath,
  LINK_SOURCES,
  readName,
} from "../../unpack/unpack_names.ts";

/** How to compare. */
export interface ComparisonOptions {
  /** `"any"` if files may have other owners than in the archive. */
  readonly owners: "any" | "as-in-archive";
}

const PERMISSIONS = 0o7777;
// Deno's replacement for bytes that are no UTF-8: it cannot open such files.
const UNREADABLE = "\uFFFD";
// Further faults are probably of the same kind.
const MAX_FAULTS = 20;

/**
 * Receives the entries of an archive. Its memory grows with their number: it keeps
 * each path, to find files that are not in the archive. Content, times and extended
 * attributes are not compared.
 */
export class LayerComparison implements TarHandler {
  readonly #root: string;
  readonly #options: ComparisonOptions;
  // Clean paths, as text, with the directories that they imply.
  readonly #known = new Set<string>();
  readonly #faults: string[] = [];
  #more = 0;

  /** @param root Where the layer's files are; absolute. */
  constructor(root: string, options: ComparisonOptions) {
    this.#root = root;
    this.#options = options;
  }

  /** No content. */
  onRaw(): void {}
  /** No content. */
  onContent(): void {}
  /** No content. */
  onEntryEnd(): void {}

  /** Compares the file of an entry. */
  onEntry(entry: TarEntry): void {
    const meaning = readName(entry.name);
    switch (meaning.kind) {
      case "root":
      case "opaque":
      case "metadata":
        return;
      case "link-source":
        // The source of links has another name, or none.
        return this.#know(LINK_SOURCES);
      case "whiteout":
        // A whiteout that hides nothing is not created.
        return this.#know(decodeBinaryString(pathOf(meaning)));
      case "plain": {
        const path = decodeBinaryString(pathOf(meaning));
        if (path === undefined) return;
        this.#know(path);
        const fault = this.#compare(path, entry);
        if (fault !== undefined) this.#add(`${path}: ${fault}`);
      }
    }
  }

  /**
   * Finds files without an entry.
   *
   * @returns The faults, one text for each file.
   */
  finish(): readonly string[] {
    this.#lookForMore("");
    return this.#more === 0
      ? this.#faults
      : [...this.#faults, `${this.#more} more files are not as they were`];
  }

  #add(fault: string): void {
    if (this.#faults.length < MAX_FAULTS) this.#faults.push(fault);
    else this.#more++;
  }

  #know(path: string | undefined): void {
    let known = path;
    while (known !== undefined && known !== "" && !this.#known.has(known)) {
      this.#known.add(known);
      known = known.slice(0, Math.max(known.lastIndexOf("/"), 0));
    }
  }

  #compare(path: string, entry: TarEntry): string | undefined {
    const info = lstatIfThere(`${this.#root}/${path}`);
    if (info === undefined) return "it is missing";
    if (entry.type === "link") return this.#compareLink(info, entry);
    const type = typeOf(info);
    const mode = info.mode ?? 0; // Linux always reports a mode
    if (type !== entry.type) return `it is a ${type}, not a ${entry.type}`;
    if (type === "symlink") {
      const target = Deno.readLinkSync(`${this.#root}/${path}`);
      if (toBinaryString(toBytes(target)) !== entry.linkName) {
        return "it points elsewhere";
      }
    } else if ((mode & PERMISSIONS) !== (entry.mode & PERMISSIONS)) {
      return `its mode is ${octal(mode)}, not ${octal(entry.mode)}`;
    }
    if (type === "file") {
      const size = entry.sparse?.realSize ?? entry.size;
      if (info.size !== size) return `it has ${info.size} bytes, not ${size}`;
    }
    const { uid, gid } = entry;
    const isOwned = info.uid === uid && info.gid === gid;
    if (isOwned || this.#options.owners === "any") return undefined;
    return `it belongs to ${info.uid}:${info.gid}, not ${uid}:${gid}`;
  }

  #compareLink(
    info: Deno.FileInfo,
    { linkName }: TarEntry,
  ): string | undefined {
    const target = decodeBinaryString(cleanPath(linkName));
    if (target === undefined || target.startsWith(LINK_SOURCES)) {
      return undefined;
    }
    const other = lstatIfThere(`${this.#root}/${target}`);
    return other?.ino === info.ino
      ? undefined
      : `it is no link to ${target} any more`;
  }

  #lookForMore(directory: string): void {
    for (const entry of listEntries(`${this.#root}/${directory}`)) {
      if (entry.name.includes(UNREADABLE)) continue;
      const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
      if (!this.#known.has(path)) {
        this.#add(`${path}: the image has no such file`);
      } else if (entry.isDirectory()) this.#lookForMore(path);
    }
  }
}

function pathOf(
  { parent, base }: { readonly parent: string; readonly base: string },
): string {
  return parent === "" ? base : `${parent}/${base}`;
}

function listEntries(path: string): ReturnType<typeof readEntries> {
  try {
    return readEntries(path);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

function readEntries(path: string) {
  return readdirSync(path, { withFileTypes: true });
}

function typeOf(info: Deno.FileInfo): TarType {
  if (info.isFile) return "file";
  if (info.isDirectory) return "directory";
  if (info.isSymlink) return "symlink";
  if (info.isFifo) return "fifo";
  return info.isBlockDevice ? "block" : "char";
}

function octal(mode: number): string {
  return (mode & PERMISSIONS).toString(8).padStart(4, "0");
}

/**
 * Passes entries on, until one breaks rules of orlop that the tool which made the
 * layer did not have: from then on nothing is compared.
 */
export function tolerant(
  scan: (chunk: Uint8Array) => void,
): (chunk: Uint8Array) => boolean {
  let isReadable = true;
  return (chunk) => {
    try {
      if (isReadable) scan(chunk);
    } catch (error) {
      if (!(error instanceof InvalidLayerError)) throw error;
      isReadable = false;
    }
    return isReadable;
  };
}
