/**
 * Unpacks the entries of a layer's archive below a directory, with the results of
 * containers/storage, whose layers these are: OCI image-spec v1.1, layer.md.
 */

import type { Bytes } from "../formats/bytes.ts";
import { createCrc64 } from "../formats/tar/crc64.ts";
import type { RootAttributes, TarEntry } from "../formats/tar/tar_entry.ts";
import type { TarHandler } from "../formats/tar/tar_scanner.ts";
import type { TarSplitWriter } from "../formats/tar/tar_split.ts";
import { sanitizeAttributes } from "./unpack_attributes.ts";
import type { ContentSink } from "./unpack_content.ts";
import {
  createLayerMaker,
  type EntryPlace,
  type LayerMaker,
  type LayerMakerOptions,
} from "./unpack_maker.ts";
import {
  isHiddenName,
  readName,
  refuse,
  type SplitPath,
} from "./unpack_names.ts";

/** Takes a scanned archive, and makes what it says. */
export interface EntryUnpacker extends TarHandler {
  /** From where content is checked fastest. */
  readonly buffer: Bytes;
  /** What is known when all entries are there. */
  finish(): EntrySummary;
  /** Completes a tar-split file that is written. */
  finishTarSplit(path: string): void;
  /** Closes what is open, after an error. */
  abort(): void;
}

/** What the entries of a layer amount to. */
export interface EntrySummary {
  /** The owners and groups that occur, sorted. */
  readonly uids: number[];
  readonly gids: number[];
  readonly entries: number;
  /** Bytes of content that were unpacked. */
  readonly unpackedSize: number;
  readonly hasSpool: boolean;
  /** What the layer says of the root; absent if it says nothing. */
  readonly root?: RootAttributes | undefined;
}

/** Where an unpacker's output goes. */
export interface EntryUnpackerOptions
  extends Omit<LayerMakerOptions, "onImplied"> {
  readonly tarSplit: TarSplitWriter;
  readonly bufferBytes: number;
  readonly maxEntries: number;
}

/** What becomes of an entry. */
interface Outcome {
  /** Where its content goes; `undefined` if nowhere. */
  readonly sink?: ContentSink | undefined;
  /** Whether its content can be read again under its name. */
  readonly isReadable: boolean;
  /** Whether the name is new, as tar-split holds each but once. */
  readonly isNew: boolean;
}

const UNSEEN: Outcome = { isReadable: false, isNew: true };
const SEEN: Outcome = { isReadable: false, isNew: false };

/** Creates an unpacker. */
export function createEntryUnpacker(
  options: EntryUnpackerOptions,
): EntryUnpacker {
  const { tarSplit, maxEntries } = options;
  const maker = createLayerMaker({ ...options, onImplied: countOne });
  const crc = createCrc64(options.bufferBytes);
  const uids = new Set<number>();
  const gids = new Set<number>();
  let entries = 0;
  let unpackedSize = 0;
  let hasRoot = false;
  let root: RootAttributes | undefined;
  let implied = 0;
  let current: TarEntry | undefined;
  let outcome = SEEN;
  return {
    buffer: crc.buffer,
    onRaw: (bytes) => tarSplit.addSegment(bytes),
    onEntry(entry) {
      entries++;
      checkCount(entry.name);
      if (!isHiddenName(entry.name)) {
        uids.add(entry.uid);
        gids.add(entry.gid);
      }
      current = entry;
      outcome = unpack(entry);
      const isInSegments = outcome.isNew && !isFromFile(entry);
      if (isInSegments) tarSplit.addFile(entry.name, 0);
      crc.reset();
    },
    onContent(bytes) {
      if (current !== undefined && isFromFile(current)) crc.update(bytes);
      else tarSplit.addSegment(bytes);
      if (outcome.sink === undefined) return;
      outcome.sink.write(bytes);
      unpackedSize += bytes.length;
    },
    onEntryEnd() {
      outcome.sink?.end();
      if (current !== undefined && isFromFile(current)) {
        tarSplit.addFile(current.name, current.size, crc.toBase64());
      }
      current = undefined;
      outcome = SEEN;
    },
    finish() {
      const hasSpool = maker.finish();
      return {
        uids: [...uids].sort((a, b) => a - b),
        gids: [...gids].sort((a, b) => a - b),
        entries,
        unpackedSize,
        hasSpool,
        ...(root && { root }),
      };
    },
    finishTarSplit: (path) => maker.finishTarSplit(path),
    abort() {
      outcome.sink?.abort();
      outcome = SEEN;
      maker.abort();
    },
  };

  /** Whether tar-split refers to a file for the entry's content. */
  function isFromFile({ size, sparse }: TarEntry): boolean {
    // The archive has a sparse file without its holes; tools read them, too.
    return size > 0 && sparse === undefined && outcome.isNew &&
      outcome.isReadable;
  }

  function countOne(path: string): void {
    implied++;
    checkCount(path);
  }

  function checkCount(name: string): void {
    if (entries + implied <= maxEntries) return;
    throw refuse(name, `more than ${maxEntries} entries`);
  }

  function unpack(entry: TarEntry): Outcome {
    const meaning = readName(entry.name);
    switch (meaning.kind) {
      case "root":
        return unpackRoot(entry);
      case "metadata":
        return maker.claimName(meaning.path) ? UNSEEN : SEEN;
      case "link-source":
        return unpackLinkSource(meaning, entry);
      case "opaque":
        return maker.makeOpaque(meaning.parent) ? UNSEEN : SEEN;
      case "whiteout":
        return maker.makeWhiteout(meaning, entry) ? UNSEEN : SEEN;
      case "plain":
        return unpackPlain(maker, maker.place(meaning, entry), entry);
    }
  }

  function unpackRoot(entry: TarEntry): Outcome {
    if (entry.type !== "directory") {
      throw refuse(entry.name, "the root is no directory");
    }
    const isNew = !hasRoot;
    hasRoot = true;
    // Other tools take it from `/` only: what `./` says is mostly by accident.
    if (entry.name.startsWith("/")) {
      const { mode, uid, gid, mtime } = sanitizeAttributes(entry);
      root = { mode, uid, gid, mtime };
    }
    return { isReadable: false, isNew };
  }

  /** Hard links to it take over its content, not what else it has. */
  function unpackLinkSource(path: SplitPath, entry: TarEntry): Outcome {
    const name = `${path.parent}/${path.base}`;
    if (entry.type !== "file") return maker.claimName(name) ? UNSEEN : SEEN;
    const bare = { ...entry, mtimeNs: 0, xattrs: undefined };
    const place = maker.place(path, bare);
    const sink = maker.makeFile(place, bare);
    return { sink, isReadable: false, isNew: place.isNew };
  }
}

function unpackPlain(
  maker: LayerMaker,
  place: EntryPlace,
  entry: TarEntry,
): Outcome {
  const { isNew } = place;
  // A path through a symlink may lead elsewhere when it is read from outside.
  const isReadable = !place.isAliased;
  switch (entry.type) {
    case "directory":
      maker.makeDirectory(place, entry);
      return { isReadable, isNew };
    case "file":
      return { sink: maker.makeFile(place, entry), isReadable, isNew };
    case "link":
      maker.makeLink(place, entry);
      return { isReadable, isNew };
    case "symlink":
    case "block":
    case "char":
    case "fifo":
      maker.makeSpecial(place, entry);
      return { isReadable, isNew };
  }
}
