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
  type EntryPlace,
  LayerMaker,
  type LayerMakerOptions,
} from "./unpack_maker.ts";
import {
  isHiddenName,
  readName,
  refuse,
  type SplitPath,
} from "./unpack_names.ts";

/** A summary of the entries of a layer. */
export interface EntrySummary {
  /** The owners and groups that occur, sorted. */
  readonly uids: number[];
  readonly gids: number[];
  readonly entries: number;
  /** Bytes of content that were unpacked. */
  readonly unpackedSize: number;
  readonly hasSpool: boolean;
  /** The layer's attributes of the root; absent if it has none. */
  readonly root?: RootAttributes | undefined;
}

/** Where an unpacker's output goes. */
export interface EntryUnpackerOptions
  extends Omit<LayerMakerOptions, "onImplied"> {
  readonly tarSplit: TarSplitWriter;
  readonly bufferBytes: number;
  readonly maxEntries: number;
}

/** The result of an entry. */
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

/** Receives a scanned archive, and makes its files. */
export class EntryUnpacker implements TarHandler {
  readonly #tarSplit: TarSplitWriter;
  readonly #maxEntries: number;
  readonly #maker: LayerMaker;
  readonly #crc: ReturnType<typeof createCrc64>;
  readonly #uids = new Set<number>();
  readonly #gids = new Set<number>();
  #entries = 0;
  // Directories that only the paths of entries imply.
  #implied = 0;
  #unpackedSize = 0;
  #hasRoot = false;
  #root: RootAttributes | undefined;
  #current: TarEntry | undefined;
  #outcome = SEEN;

  constructor(options: EntryUnpackerOptions) {
    this.#tarSplit = options.tarSplit;
    this.#maxEntries = options.maxEntries;
    this.#maker = new LayerMaker({
      ...options,
      onImplied: (path) => this.#countImplied(path),
    });
    this.#crc = createCrc64(options.bufferBytes);
  }

  /** From where content is checked fastest. */
  get buffer(): Bytes {
    return this.#crc.buffer;
  }

  onRaw(bytes: Uint8Array): void {
    this.#tarSplit.addSegment(bytes);
  }

  onEntry(entry: TarEntry): void {
    this.#entries++;
    this.#checkCount(entry.name);
    if (!isHiddenName(entry.name)) {
      this.#uids.add(entry.uid);
      this.#gids.add(entry.gid);
    }
    this.#current = entry;
    this.#outcome = this.#unpack(entry);
    const isInSegments = this.#outcome.isNew && !this.#isFromFile(entry);
    if (isInSegments) this.#tarSplit.addFile(entry.name, 0);
    this.#crc.reset();
  }

  onContent(bytes: Uint8Array): void {
    const current = this.#current;
    if (current !== undefined && this.#isFromFile(current)) {
      this.#crc.update(bytes);
    } else this.#tarSplit.addSegment(bytes);
    const { sink } = this.#outcome;
    if (sink === undefined) return;
    sink.write(bytes);
    this.#unpackedSize += bytes.length;
  }

  onEntryEnd(): void {
    this.#outcome.sink?.end();
    const current = this.#current;
    if (current !== undefined && this.#isFromFile(current)) {
      const checksum = this.#crc.toBase64();
      this.#tarSplit.addFile(current.name, current.size, checksum);
    }
    this.#current = undefined;
    this.#outcome = SEEN;
  }

  /** What is known when all entries are there. */
  finish(): EntrySummary {
    const hasSpool = this.#maker.finish();
    return {
      uids: [...this.#uids].sort((a, b) => a - b),
      gids: [...this.#gids].sort((a, b) => a - b),
      entries: this.#entries,
      unpackedSize: this.#unpackedSize,
      hasSpool,
      ...(this.#root && { root: this.#root }),
    };
  }

  /** Completes a tar-split file that is written. */
  finishTarSplit(path: string): void {
    this.#maker.finishTarSplit(path);
  }

  /** Closes what is open, after an error. */
  abort(): void {
    this.#outcome.sink?.abort();
    this.#outcome = SEEN;
    this.#maker.abort();
  }

  /** Whether tar-split refers to a file for the entry's content. */
  #isFromFile({ size, sparse }: TarEntry): boolean {
    // The archive has a sparse file without its holes; tools read them, too.
    return size > 0 && sparse === undefined && this.#outcome.isNew &&
      this.#outcome.isReadable;
  }

  #countImplied(path: string): void {
    this.#implied++;
    this.#checkCount(path);
  }

  #checkCount(name: string): void {
    if (this.#entries + this.#implied <= this.#maxEntries) return;
    throw refuse(name, `more than ${this.#maxEntries} entries`);
  }

  #unpack(entry: TarEntry): Outcome {
    const meaning = readName(entry.name);
    switch (meaning.kind) {
      case "root":
        return this.#unpackRoot(entry);
      case "metadata":
        return this.#maker.claimName(meaning.path) ? UNSEEN : SEEN;
      case "link-source":
        return this.#unpackLinkSource(meaning, entry);
      case "opaque":
        return this.#maker.makeOpaque(meaning.parent) ? UNSEEN : SEEN;
      case "whiteout":
        return this.#maker.makeWhiteout(meaning, entry) ? UNSEEN : SEEN;
      case "plain":
        return unpackPlain(
          this.#maker,
          this.#maker.place(meaning, entry),
          entry,
        );
    }
  }

  #unpackRoot(entry: TarEntry): Outcome {
    if (entry.type !== "directory") {
      throw refuse(entry.name, "the root is no directory");
    }
    const isNew = !this.#hasRoot;
    this.#hasRoot = true;
    // Other tools use only the entry `/`: attributes of `./` are mostly accidental.
    if (entry.name.startsWith("/")) {
      const { mode, uid, gid, mtime } = sanitizeAttributes(entry);
      this.#root = { mode, uid, gid, mtime };
    }
    return { isReadable: false, isNew };
  }

  /** Hard links to it take over its content, not what else it has. */
  #unpackLinkSource(path: SplitPath, entry: TarEntry): Outcome {
    const name = `${path.parent}/${path.base}`;
    if (entry.type !== "file") {
      return this.#maker.claimName(name) ? UNSEEN : SEEN;
    }
    const bare = { ...entry, mtimeNs: 0, xattrs: undefined };
    const place = this.#maker.place(path, bare);
    const sink = this.#maker.makeFile(place, bare);
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
