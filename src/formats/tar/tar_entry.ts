/** What an archive says of a file: POSIX.1-2017, pax, with GNU's additions. */

import type { SparseLayout } from "./tar_sparse.ts";

/** What an entry makes. */
export type TarType =
  | "block"
  | "char"
  | "directory"
  | "fifo"
  | "file"
  | "link"
  | "symlink";

/** An entry. Names are binary strings: a character for each byte. */
export interface TarEntry {
  readonly type: TarType;
  /** Exactly as in the archive. */
  readonly name: string;
  /** What a link or symlink points at, else `""`. */
  readonly linkName: string;
  /** Bytes of content in the archive; 0 for all but files. */
  readonly size: number;
  /** Where these bytes are in a file with holes; absent if it has none. */
  readonly sparse?: SparseLayout | undefined;
  /** Permission bits, with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Whole seconds since 1970, rounded down. */
  readonly mtime: number;
  /** The rest of the modification time. */
  readonly mtimeNs: number;
  /** Of devices. */
  readonly major: number;
  readonly minor: number;
  /** Names and values as binary strings; absent if there are none. */
  readonly xattrs?: ReadonlyMap<string, string> | undefined;
}

/** How a layer wants the root directory. */
export type RootAttributes = Pick<TarEntry, "gid" | "mode" | "mtime" | "uid">;
