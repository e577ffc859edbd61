/**
 * Scans an archive that is pushed in, in chunks of any size. It copies no
 * content and waits for nothing; memory is one block, one extended header, and
 * the map of one sparse file.
 */

import { InvalidLayerError } from "../../errors/image_errors.ts";
import type { TarEntry } from "./tar_entry.ts";
import {
  addExtension,
  type ExtensionFlag,
  isExtensionFlag,
  openEntryMap,
  type TarExtensions,
  toTarEntry,
} from "./tar_extensions.ts";
import {
  isZeroBlock,
  parseTarHeader,
  TAR_BLOCK_BYTES,
  type TarHeader,
} from "./tar_header.ts";
import { SPARSE_TYPE_FLAG, type SparseMapReader } from "./tar_sparse.ts";

/** Receives the parts of an archive. Bytes are valid only until it returns. */
export interface TarHandler {
  /** Bytes that are no file content: headers, padding, the end. */
  onRaw(bytes: Uint8Array): void;
  /** A new entry; its headers came before. */
  onEntry(entry: TarEntry): void;
  /** Content of the last entry. */
  onContent(bytes: Uint8Array): void;
  /** The last entry's content is complete; also called when it has none. */
  onEntryEnd(): void;
}

type State =
  | "content"
  | "extension"
  | "header"
  | "map"
  | "padding"
  | "second-zero-block"
  | "trailer";

const MAX_EXTENSION_BYTES = 1024 * 1024;
const NO_EXTENSIONS: TarExtensions = {};

/** Scans an archive, and calls a handler for its parts. */
export class TarScanner {
  readonly #handler: TarHandler;
  readonly #block = new Uint8Array(TAR_BLOCK_BYTES);
  #filled = 0;
  #state: State = "header";
  // Bytes that are still to come in this state.
  #left = 0;
  #padding = 0;
  #extensions = NO_EXTENSIONS;
  #flag: ExtensionFlag = "x";
  #body = new Uint8Array(0);
  #position = 0;
  // A sparse file whose map is not yet complete.
  #sparse: { entry: TarEntry; map: SparseMapReader } | undefined;

  constructor(handler: TarHandler) {
    this.#handler = handler;
  }

  /** @throws {InvalidLayerError} If it is malformed. */
  write(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) at += this.#take(chunk, at);
    this.#position += chunk.length;
  }

  /** How many bytes of content come next. */
  get contentLeft(): number {
    return this.#state === "content" ? this.#left : 0;
  }

  /** Whether nothing counts that follows. */
  get isAtEnd(): boolean {
    return this.#state === "trailer";
  }

  /** Goes on behind the content: for who seeks beyond it instead of reading it. */
  skipContent(): void {
    if (this.#state !== "content") return;
    this.#position += this.#left;
    this.#left = 0;
    this.#onPartEnd(0);
  }

  /** @throws {InvalidLayerError} If the archive is interrupted. */
  end(): void {
    if (this.#state === "trailer" || this.#state === "padding") return;
    // Some archives lack the zero blocks, or a part of them; half a file is not fine.
    const isAtBorder = this.#state === "header" ||
      this.#state === "second-zero-block";
    const rest = this.#block.subarray(0, this.#filled);
    if (!isAtBorder || !rest.every((byte) => byte === 0)) {
      throw this.#malformed(0, "the archive is cut short");
    }
    this.#handler.onRaw(rest);
  }

  /** Handles some bytes, and says how many. */
  #take(chunk: Uint8Array, at: number): number {
    switch (this.#state) {
      case "header":
      case "map":
      case "second-zero-block":
        return this.#takeBlock(chunk, at);
      case "content":
      case "padding":
      case "extension": {
        const step = Math.min(this.#left, chunk.length - at);
        const part = chunk.subarray(at, at + step);
        this.#takePart(part);
        this.#left -= step;
        if (this.#left === 0) this.#onPartEnd(at);
        return step;
      }
      case "trailer":
        this.#handler.onRaw(chunk.subarray(at));
        return chunk.length - at;
    }
  }

  #takeBlock(chunk: Uint8Array, at: number): number {
    if (this.#filled === 0 && chunk.length - at >= TAR_BLOCK_BYTES) {
      this.#onBlock(chunk, at, at);
      return TAR_BLOCK_BYTES;
    }
    const step = Math.min(TAR_BLOCK_BYTES - this.#filled, chunk.length - at);
    this.#block.set(chunk.subarray(at, at + step), this.#filled);
    this.#filled += step;
    if (this.#filled === TAR_BLOCK_BYTES) {
      this.#filled = 0;
      this.#onBlock(this.#block, 0, at + step - TAR_BLOCK_BYTES);
    }
    return step;
  }

  #onBlock(bytes: Uint8Array, start: number, at: number): void {
    this.#handler.onRaw(bytes.subarray(start, start + TAR_BLOCK_BYTES));
    if (this.#sparse !== undefined) return this.#addToMap(bytes, start, at);
    const isZero = isZeroBlock(bytes, start);
    if (isZero) {
      this.#state = this.#state === "header" ? "second-zero-block" : "trailer";
      return;
    }
    const header = this.#attempt(at, () => {
      if (this.#state === "header") return parseTarHeader(bytes, start);
      throw new SyntaxError("it follows a single zero block");
    });
    const character = String.fromCharCode(header.typeFlag);
    if (isExtensionFlag(character)) {
      return this.#beginExtension(header, character, at);
    }
    const entry = this.#attempt(at, () => toTarEntry(header, this.#extensions));
    const map = this.#attempt(
      at,
      () => openEntryMap(header, entry, this.#extensions),
    );
    this.#extensions = NO_EXTENSIONS;
    if (map === undefined) return this.#beginEntry(entry);
    this.#sparse = { entry, map };
    if (header.typeFlag === SPARSE_TYPE_FLAG) {
      return this.#addToMap(bytes, start, at);
    }
    this.#state = "map";
    if (!map.wantsBlock) this.#endMap(at);
  }

  #addToMap(bytes: Uint8Array, start: number, at: number): void {
    this.#attempt(at, () => this.#sparse?.map.add(bytes, start));
    this.#state = "map";
    if (this.#sparse?.map.wantsBlock !== true) this.#endMap(at);
  }

  #endMap(at: number): void {
    if (this.#sparse === undefined) return;
    const { entry, map } = this.#sparse;
    this.#sparse = undefined;
    const size = entry.size - map.countedBytes;
    const layout = this.#attempt(at, () => map.finish(size));
    this.#beginEntry({ ...entry, size, sparse: layout });
  }

  #beginExtension(
    { size }: TarHeader,
    character: ExtensionFlag,
    at: number,
  ): void {
    if (size < 0 || size > MAX_EXTENSION_BYTES) {
      throw this.#malformed(
        at,
        `its extended header of ${size} bytes is too large`,
      );
    }
    this.#flag = character;
    this.#body = new Uint8Array(size);
    this.#padding = paddingOf(size);
    this.#enter("extension", size);
    if (size === 0) this.#onPartEnd(at);
  }

  #beginEntry(entry: TarEntry): void {
    this.#handler.onEntry(entry);
    this.#padding = paddingOf(entry.size);
    this.#enter("content", entry.size);
    if (entry.size === 0) this.#onPartEnd(0);
  }

  #takePart(part: Uint8Array): void {
    if (this.#state === "content") return this.#handler.onContent(part);
    this.#handler.onRaw(part);
    if (this.#state === "extension") {
      this.#body.set(part, this.#body.length - this.#left);
    }
  }

  #onPartEnd(at: number): void {
    if (this.#state === "content") this.#handler.onEntryEnd();
    if (this.#state === "extension") {
      this.#extensions = this.#attempt(
        at,
        () => addExtension(this.#extensions, this.#flag, this.#body),
      );
    }
    if (this.#state === "padding" || this.#padding === 0) {
      return this.#enter("header", 0);
    }
    this.#enter("padding", this.#padding);
  }

  #enter(next: State, bytes: number): void {
    this.#state = next;
    this.#left = bytes;
  }

  #attempt<T>(at: number, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw this.#malformed(at, error.message);
    }
  }

  #malformed(at: number, why: string): InvalidLayerError {
    return new InvalidLayerError(
      `header at byte ${this.#position + at}: ${why}`,
    );
  }
}

function paddingOf(size: number): number {
  return (TAR_BLOCK_BYTES - size % TAR_BLOCK_BYTES) % TAR_BLOCK_BYTES;
}
