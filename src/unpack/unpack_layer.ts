/**
 * Unpacks a layer's archive in one pass over its bytes: its digest, its files, and
 * its tar-split file.
 */

import { createHash } from "node:crypto";
import fs from "node:fs";
import type { Bytes } from "../formats/bytes.ts";
import { type Digest, parseDigest } from "../formats/oci/digest.ts";
import { TarScanner } from "../formats/tar/tar_scanner.ts";
import { createTarSplitWriter } from "../formats/tar/tar_split.ts";
import { type EntrySummary, EntryUnpacker } from "./unpack_entries.ts";
import { createFile, makeDirectory, writeFully } from "./unpack_file.ts";

/** Where a layer is unpacked. */
export interface UnpackTarget {
  /**
   * An empty private directory, absolute. It gets `diff`, `tar-split.gz`, and
   * `spool.tar` if there is something that `applySpool()` has to finish.
   */
  readonly directory: string;
  /** Called when so many bytes were added to a large file. */
  onWritten?(path: string, bytes: number): void;
}

/** What a layer may cost; each has a default. */
export interface UnpackLimits {
  /**
   * Bytes of the archive.
   *
   * @default {Infinity}
   */
  readonly maxUnpackedBytes?: number;
  /**
   * Bytes of the archive for each one received.
   *
   * @default {2000}
   */
  readonly maxRatio?: number;
  /**
   * Files, directories and all else.
   *
   * @default {10_000_000}
   */
  readonly maxEntries?: number;
}

/** What is known of an unpacked archive. It is sent by workers, so: plain data. */
export interface UnpackedArchive extends EntrySummary {
  /** Of the archive to its very end, sha256. */
  readonly diffId: Digest;
  readonly diffSize: number;
}

/** Takes an archive. After an error, or `abort()`, it must not be used. */
export interface LayerUnpacker {
  /** 256 KiB, from where `write()` is fastest. */
  readonly buffer: Bytes;
  /**
   * Takes the next bytes of the archive, which may change when it returns.
   *
   * @throws {InvalidLayerError} If it is damaged, hostile, or too large.
   * @throws {NoSpaceError} If the disk is full.
   */
  write(chunk: Uint8Array): void;
  /**
   * Says that it was all. The digest is for the caller to check; what is on disk
   * is not yet synced.
   */
  finish(): UnpackedArchive;
  /** Closes all files; they are the caller's to remove. */
  abort(): void;
}

const DEFAULT_MAX_ENTRIES = 10_000_000;
const BUFFER_BYTES = 256 * 1024;

/** Begins to unpack an archive. */
export function unpackLayer(
  { directory, onWritten = () => {} }: UnpackTarget,
  { maxEntries = DEFAULT_MAX_ENTRIES }: Pick<UnpackLimits, "maxEntries"> = {},
): LayerUnpacker {
  const diffPath = `${directory}/diff`;
  makeDirectory(diffPath);
  const tarSplitPath = `${directory}/tar-split.gz`;
  const fd = createFile(tarSplitPath);
  let isOpen = true;
  const tarSplit = createTarSplitWriter((bytes) => writeFully(fd, bytes));
  const entries = new EntryUnpacker({
    diffPath,
    spoolPath: `${directory}/spool.tar`,
    replacedPath: `${directory}/replaced`,
    onWritten,
    tarSplit,
    bufferBytes: BUFFER_BYTES,
    maxEntries,
  });
  const scanner = new TarScanner(entries);
  const hash = createHash("sha256");
  let diffSize = 0;
  return {
    buffer: entries.buffer,
    write(chunk) {
      hash.update(chunk);
      diffSize += chunk.length;
      scanner.write(chunk);
    },
    finish() {
      scanner.end();
      tarSplit.end();
      close();
      entries.finishTarSplit(tarSplitPath);
      const diffId = parseDigest(`sha256:${hash.digest("hex")}`);
      return { ...entries.finish(), diffId, diffSize };
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
