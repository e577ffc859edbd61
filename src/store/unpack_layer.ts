/**
 * Unpacks a layer in one pass over its bytes: both digests, decompression, its
 * tar-split file and its files, while it is still being received.
 */

import { createHash } from "node:crypto";
import fs from "node:fs";
import { type Bytes, concatBytes } from "../formats/bytes.ts";
import {
  type Compression,
  COMPRESSION_HEAD_BYTES,
  createDecompressor,
  type Decompressor,
  detectCompression,
} from "../formats/decompress.ts";
import { type Digest, parseDigest } from "../formats/digest.ts";
import { createTarScanner } from "../formats/tar_scanner.ts";
import { createTarSplitWriter } from "../formats/tar_split.ts";
import { InvalidLayerError } from "../image_errors.ts";
import { createEntryUnpacker, type EntrySummary } from "./unpack_entries.ts";
import { createFile, makeDirectory, writeFully } from "./unpack_file.ts";
import { createSpool } from "./unpack_spool.ts";

/** Where a layer is unpacked. */
export interface UnpackTarget {
  /**
   * An empty private directory, absolute. It gets `diff`, `tar-split.gz`, and
   * `spool.tar` if there is something that `applySpool()` has to finish.
   */
  readonly directory: string;
}

/** What a layer may cost; each has a default. */
export interface UnpackLimits {
  /** Bytes of the archive; no limit if left out. */
  readonly maxUnpackedBytes?: number;
  /** Files, directories and all else; 10 million if left out. */
  readonly maxEntries?: number;
  /** Bytes of the archive for each one received; 2000 if left out. */
  readonly maxRatio?: number;
}

/** What is known of an unpacked layer. It is sent by workers, so: plain data. */
export interface UnpackedLayer extends EntrySummary {
  /** Of the bytes that were written, sha256. */
  readonly compressedDigest: Digest;
  readonly compressedSize: number;
  /** Of the archive to its very end, sha256. */
  readonly diffId: Digest;
  readonly diffSize: number;
  readonly compression: Compression;
}

/** Takes a layer. After an error, or `abort()`, it must not be used. */
export interface LayerUnpacker {
  /**
   * Takes the next bytes of the layer as it is transferred.
   *
   * @throws {InvalidLayerError} If it is damaged, hostile, or too large.
   * @throws {NoSpaceError} If the disk is full.
   */
  write(chunk: Bytes): void;
  /**
   * Says that it was all. The digests are for the caller to check; what is on
   * disk is not yet synced.
   */
  finish(): UnpackedLayer;
  /** Closes all files; they are the caller's to remove. */
  abort(): void;
}

const DEFAULT_MAX_ENTRIES = 10_000_000;
// Deflate cannot reach it, so only what zstd makes of zeros is refused.
const DEFAULT_MAX_RATIO = 2000;
// Small archives of zeros are no danger.
const RATIO_FREE_BYTES = 256 * 1024 * 1024;
const BUFFER_BYTES = 1024 * 1024;

/** Begins to unpack a layer. */
export function unpackLayer(
  { directory }: UnpackTarget,
  limits: UnpackLimits = {},
): LayerUnpacker {
  const compressed = createDigester();
  const archive = createDigester();
  const output = openOutput(directory, limits);
  const scanner = createTarScanner(output.entries);
  let head: Bytes = new Uint8Array(0);
  let compression: Compression = "none";
  let decompressor: Decompressor | undefined;
  return {
    write(chunk) {
      compressed.update(chunk);
      if (decompressor !== undefined) return decompressor.write(chunk);
      head = concatBytes([head, chunk]);
      if (head.length >= COMPRESSION_HEAD_BYTES) begin(head);
    },
    finish() {
      if (decompressor === undefined) begin(head);
      decompressor?.end();
      decompressor?.close();
      scanner.end();
      const compressedDigest = compressed.digest();
      return {
        ...output.finish(),
        compressedDigest,
        compressedSize: compressed.size(),
        diffId: compression === "none" ? compressedDigest : archive.digest(),
        diffSize: archive.size(),
        compression,
      };
    },
    abort() {
      decompressor?.close();
      output.abort();
    },
  };

  function begin(start: Bytes): void {
    compression = detectCompression(start);
    const buffer = output.entries.buffer;
    decompressor = createDecompressor(compression, onArchive, { buffer });
    decompressor.write(start);
  }

  function onArchive(bytes: Bytes): void {
    if (compression === "none") archive.count(bytes);
    else archive.update(bytes);
    checkLimits(archive.size(), compressed.size(), limits);
    scanner.write(bytes);
  }
}

function openOutput(directory: string, limits: UnpackLimits) {
  const diffPath = `${directory}/diff`;
  makeDirectory(diffPath);
  const fd = createFile(`${directory}/tar-split.gz`);
  let isOpen = true;
  const tarSplit = createTarSplitWriter((bytes) => writeFully(fd, bytes));
  const entries = createEntryUnpacker({
    diffPath,
    openSpool: () => createSpool(`${directory}/spool.tar`),
    tarSplit,
    bufferBytes: BUFFER_BYTES,
    maxEntries: limits.maxEntries ?? DEFAULT_MAX_ENTRIES,
  });
  return {
    entries,
    finish(): EntrySummary {
      tarSplit.end();
      close();
      return entries.finish();
    },
    abort() {
      entries.abort();
      close();
    },
  };

  function close(): void {
    if (isOpen) fs.closeSync(fd);
    isOpen = false;
  }
}

function createDigester() {
  const hash = createHash("sha256");
  let size = 0;
  return {
    update(bytes: Bytes): void {
      hash.update(bytes);
      size += bytes.length;
    },
    count: (bytes: Bytes): void => void (size += bytes.length),
    size: (): number => size,
    digest: (): Digest => parseDigest(`sha256:${hash.digest("hex")}`),
  };
}

function checkLimits(
  unpacked: number,
  received: number,
  { maxUnpackedBytes = Infinity, maxRatio = DEFAULT_MAX_RATIO }: UnpackLimits,
): void {
  if (unpacked > maxUnpackedBytes) {
    throw new InvalidLayerError(
      `Cannot unpack the layer: more than ${maxUnpackedBytes} bytes`,
    );
  }
  if (unpacked > RATIO_FREE_BYTES && unpacked > maxRatio * received) {
    throw new InvalidLayerError(
      `Cannot unpack the layer: more than ${maxRatio} bytes for each received`,
    );
  }
}
