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

/** Gets what is found. Bytes are valid only until it returns. */
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

/** Takes an archive. */
export interface TarScanner {
  /** @throws {InvalidLayerError} If it is malformed. */
  write(chunk: Uint8Array): void;
  /** @throws {InvalidLayerError} If the archive is cut short. */
  end(): void;
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

/** Creates a scanner. */
export function createTarScanner(handler: TarHandler): TarScanner {
  const block = new Uint8Array(TAR_BLOCK_BYTES);
  let filled = 0;
  let state: State = "header";
  // Bytes that are still to come in this state.
  let left = 0;
  let padding = 0;
  let extensions = NO_EXTENSIONS;
  let flag: ExtensionFlag = "x";
  let body = new Uint8Array(0);
  let position = 0;
  // A sparse file whose map is not yet complete.
  let sparse: { entry: TarEntry; map: SparseMapReader } | undefined;
  return { write, end };

  function write(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length) at += take(chunk, at);
    position += chunk.length;
  }

  /** Handles some bytes, and says how many. */
  function take(chunk: Uint8Array, at: number): number {
    switch (state) {
      case "header":
      case "map":
      case "second-zero-block":
        return takeBlock(chunk, at);
      case "content":
      case "padding":
      case "extension": {
        const step = Math.min(left, chunk.length - at);
        const part = chunk.subarray(at, at + step);
        takePart(part);
        left -= step;
        if (left === 0) onPartEnd(at);
        return step;
      }
      case "trailer":
        handler.onRaw(chunk.subarray(at));
        return chunk.length - at;
    }
  }

  function takeBlock(chunk: Uint8Array, at: number): number {
    if (filled === 0 && chunk.length - at >= TAR_BLOCK_BYTES) {
      onBlock(chunk, at, at);
      return TAR_BLOCK_BYTES;
    }
    const step = Math.min(TAR_BLOCK_BYTES - filled, chunk.length - at);
    block.set(chunk.subarray(at, at + step), filled);
    filled += step;
    if (filled === TAR_BLOCK_BYTES) {
      filled = 0;
      onBlock(block, 0, at + step - TAR_BLOCK_BYTES);
    }
    return step;
  }

  function onBlock(bytes: Uint8Array, start: number, at: number): void {
    handler.onRaw(bytes.subarray(start, start + TAR_BLOCK_BYTES));
    if (sparse !== undefined) return addToMap(bytes, start, at);
    const isZero = isZeroBlock(bytes, start);
    if (isZero) {
      state = state === "header" ? "second-zero-block" : "trailer";
      return;
    }
    const header = attempt(at, () => {
      if (state === "header") return parseTarHeader(bytes, start);
      throw new SyntaxError("it follows a single zero block");
    });
    const character = String.fromCharCode(header.typeFlag);
    if (isExtensionFlag(character)) {
      return beginExtension(header, character, at);
    }
    const entry = attempt(at, () => toTarEntry(header, extensions));
    const map = attempt(at, () => openEntryMap(header, entry, extensions));
    extensions = NO_EXTENSIONS;
    if (map === undefined) return beginEntry(entry);
    sparse = { entry, map };
    if (header.typeFlag === SPARSE_TYPE_FLAG) return addToMap(bytes, start, at);
    state = "map";
    if (!map.wantsBlock) endMap(at);
  }

  function addToMap(bytes: Uint8Array, start: number, at: number): void {
    attempt(at, () => sparse?.map.add(bytes, start));
    state = "map";
    if (sparse?.map.wantsBlock !== true) endMap(at);
  }

  function endMap(at: number): void {
    if (sparse === undefined) return;
    const { entry, map } = sparse;
    sparse = undefined;
    const size = entry.size - map.countedBytes;
    const layout = attempt(at, () => map.finish(size));
    beginEntry({ ...entry, size, sparse: layout });
  }

  function beginExtension(
    { size }: TarHeader,
    character: ExtensionFlag,
    at: number,
  ): void {
    if (size < 0 || size > MAX_EXTENSION_BYTES) {
      throw malformed(at, `its extended header of ${size} bytes is too large`);
    }
    flag = character;
    body = new Uint8Array(size);
    padding = paddingOf(size);
    enter("extension", size);
    if (size === 0) onPartEnd(at);
  }

  function beginEntry(entry: TarEntry): void {
    handler.onEntry(entry);
    padding = paddingOf(entry.size);
    enter("content", entry.size);
    if (entry.size === 0) onPartEnd(0);
  }

  function takePart(part: Uint8Array): void {
    if (state === "content") return handler.onContent(part);
    handler.onRaw(part);
    if (state === "extension") body.set(part, body.length - left);
  }

  function onPartEnd(at: number): void {
    if (state === "content") handler.onEntryEnd();
    if (state === "extension") {
      extensions = attempt(at, () => addExtension(extensions, flag, body));
    }
    if (state === "padding" || padding === 0) return enter("header", 0);
    enter("padding", padding);
  }

  function enter(next: State, bytes: number): void {
    state = next;
    left = bytes;
  }

  function end(): void {
    if (state === "trailer" || state === "padding") return;
    // Some archives lack the zero blocks, or a part of them; half a file is not fine.
    const isAtBorder = state === "header" || state === "second-zero-block";
    const rest = block.subarray(0, filled);
    if (!isAtBorder || !rest.every((byte) => byte === 0)) {
      throw malformed(0, "the archive is cut short");
    }
    handler.onRaw(rest);
  }

  function attempt<T>(at: number, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw malformed(at, error.message);
    }
  }

  function malformed(at: number, why: string): InvalidLayerError {
    return new InvalidLayerError(
      `Cannot unpack the layer: header at byte ${position + at}: ${why}`,
    );
  }
}

function paddingOf(size: number): number {
  return (TAR_BLOCK_BYTES - size % TAR_BLOCK_BYTES) % TAR_BLOCK_BYTES;
}
