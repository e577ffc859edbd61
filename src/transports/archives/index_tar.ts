/**
 * Indexes the members of an archive by reading only its headers: content is
 * skipped, so an archive of any size takes little time and memory.
 */

import { dirname, join, normalize } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type { TarEntry } from "../../formats/tar/tar_entry.ts";
import { type TarHandler, TarScanner } from "../../formats/tar/tar_scanner.ts";

/** A member of an archive that holds something, or leads to one. */
export interface TarMember {
  readonly type: "file" | "link" | "other" | "symlink";
  /** What a link leads to. */
  readonly linkName: string;
  /** Where its content begins in the archive, in bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  readonly isSparse: boolean;
}

/** Which of several members with one name to use. */
export type Duplicates = "first" | "last";

/** The members of an archive. Names are binary strings. */
export interface TarIndex {
  /** Finds a member, but for directories; links are not followed. */
  find(name: string, which: Duplicates): TarMember | undefined;
}

// Docker's archives have four members a layer; this is 400 images of 127 layers.
const MAX_MEMBERS = 200_000;
// PATH_MAX of Linux: nothing refers to a longer name.
const MAX_NAME_LENGTH = 4096;
// Headers often follow each other closely.
const CHUNK_BYTES = 16 * 1024;

/**
 * Reads the headers of an archive.
 *
 * @throws {InvalidLayerError} If it is malformed or cut short.
 * @throws {RangeError} If it has too many members.
 */
export async function indexTar(
  file: Deno.FsFile,
  { size, signal }: Abortable & { readonly size: number },
): Promise<TarIndex> {
  const members = new MemberList();
  const scanner = new TarScanner(members);
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let position = 0; position < size && !scanner.isAtEnd;) {
    signal?.throwIfAborted();
    await file.seek(position, Deno.SeekMode.Start);
    const count = await file.read(buffer);
    if (count === null) break;
    scanner.write(buffer.subarray(0, count));
    position += count;
    if (position + scanner.contentLeft > size) break;
    position += scanner.contentLeft;
    members.skip(scanner.contentLeft);
    scanner.skipContent();
  }
  scanner.end();
  return members;
}

/** A name as all ways to write it: `./a//b` is `a/b`. */
export function cleanName(name: string): string {
  return normalize(name).replace(/(.)\/$/, "$1");
}

/** Where a symbolic link leads to, as a name in the same archive. */
export function targetOf(name: string, linkName: string): string {
  return linkName.startsWith("/") ? linkName : join(dirname(name), linkName);
}

/** The first and the last member of each name. */
type Occurrences = readonly [first: TarMember, last: TarMember];

class MemberList implements TarHandler, TarIndex {
  readonly #members = new Map<string, Occurrences>();
  #position = 0;
  #count = 0;

  find(name: string, which: Duplicates): TarMember | undefined {
    const [first, last] = this.#members.get(cleanName(name)) ?? [];
    return which === "first" ? first : last;
  }

  skip(bytes: number): void {
    this.#position += bytes;
  }

  onRaw(bytes: Uint8Array): void {
    this.#position += bytes.length;
  }

  onContent(bytes: Uint8Array): void {
    this.#position += bytes.length;
  }

  onEntry({ name, type, linkName, size, sparse }: TarEntry): void {
    if (type === "directory" || name.length > MAX_NAME_LENGTH) return;
    if (++this.#count > MAX_MEMBERS) {
      throw new RangeError(`it has more than ${MAX_MEMBERS} members`);
    }
    const member: TarMember = {
      type: kindOf(type),
      linkName: linkName.slice(0, MAX_NAME_LENGTH),
      offset: this.#position,
      size,
      isSparse: sparse !== undefined,
    };
    const key = cleanName(name);
    const [first = member] = this.#members.get(key) ?? [];
    this.#members.set(key, [first, member]);
  }

  onEntryEnd(): void {}
}

function kindOf(type: TarEntry["type"]): TarMember["type"] {
  switch (type) {
    case "file":
    case "link":
    case "symlink":
      return type;
    case "block":
    case "char":
    case "directory":
    case "fifo":
      return "other";
  }
}
