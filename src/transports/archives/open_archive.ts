/** Archives with images in them, as files whose members can be found. */

import { resolve } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import {
  InvalidLayerError,
  InvalidManifestError,
} from "../../errors/image_errors.ts";
import { NotFoundError } from "../../errors/not_found_errors.ts";
import { whyOf } from "../../errors/why.ts";
import {
  showBinaryString,
  toBinaryString,
} from "../../formats/binary_string.ts";
import { type Bytes, toBytes } from "../../formats/bytes.ts";
import {
  COMPRESSION_HEAD_BYTES,
  detectCompression,
} from "../../formats/compression/decompress.ts";
import type { BlobFile } from "../../formats/oci/blob_source.ts";
import { readRange } from "../file_range.ts";
import {
  cleanName,
  type Duplicates,
  indexTar,
  targetOf,
  type TarIndex,
} from "./index_tar.ts";

/**
 * Decompresses a file, or a part of one, into a private file that stays for as long
 * as who opened the archive wants.
 *
 * @param options The archive, for errors.
 * @throws {InvalidLayerError} If it is damaged.
 * @throws {NoSpaceError} If it takes more room than there is.
 */
export type Expand = (
  file: BlobFile,
  options: Abortable & { readonly name: string },
) => Promise<BlobFile>;

/** How to open an archive. */
export interface OpenArchiveOptions extends Abortable {
  /** What the user calls it; the path if omitted. */
  readonly name?: string | undefined;
  /** For archives, and members of them, that are compressed. */
  readonly expand: Expand;
}

/** An archive that was opened; it holds no file open. */
export interface ArchiveFile {
  /** What the user calls it. */
  readonly name: string;
  /** The file that its plain bytes are in; absolute. */
  readonly path: string;
  /**
   * Finds a regular file in it, by way of links if need be; undefined if there is
   * none of that name.
   *
   * @param name As text, such as `blobs/sha256/…`.
   * @param which The first of several of that name, or the last.
   * @throws {InvalidManifestError} If it is something else, or a link in vain.
   */
  find(name: string, which: Duplicates): BlobFile | undefined;
}

// More links are probably a cycle.
const MAX_LINKS = 8;

/**
 * Opens an archive. One that is compressed is expanded first.
 *
 * @throws {NotFoundError} If there is no such file.
 * @throws {InvalidManifestError} If it is no archive, or damaged.
 */
export async function openArchive(
  archivePath: string,
  { name = archivePath, expand, signal }: OpenArchiveOptions,
): Promise<ArchiveFile> {
  signal?.throwIfAborted();
  const file = await findArchive(name, resolve(archivePath));
  const plain = await expandIfPacked(file, { name, expand, signal });
  const { path } = plain;
  using opened = await Deno.open(path);
  const print = fingerprint(opened.statSync());
  const { size } = plain;
  const index = await readingArchive(
    name,
    () => indexTar(opened, { size, signal }),
  );
  return {
    name,
    path,
    find(member, which) {
      refuseChanges(name, { path, print });
      return findMember(index, { name: member, which, archive: name, path });
    },
  };
}

/**
 * Decompresses a compressed file, which is detected by its first bytes.
 *
 * @throws {InvalidManifestError} If it is damaged.
 */
export async function expandIfPacked(
  file: BlobFile,
  { name, expand, signal }: OpenArchiveOptions & { readonly name: string },
): Promise<BlobFile> {
  const size = Math.min(file.size, COMPRESSION_HEAD_BYTES);
  const compression = detectCompression(await readRange({ ...file, size }));
  if (compression === "none") return file;
  return await readingArchive(name, () => expand(file, { name, signal }));
}

/**
 * Reads a small member.
 *
 * @throws {NotFoundError} If there is none.
 * @throws {InvalidManifestError} If it is too large, or no file.
 */
export async function readMember(
  archive: ArchiveFile,
  name: string,
  { maxSize, which }: { readonly maxSize: number; readonly which: Duplicates },
): Promise<Bytes> {
  const file = archive.find(name, which);
  if (file === undefined) {
    throw new NotFoundError(
      `Cannot read archive "${archive.name}": it has no "${name}"`,
    );
  }
  if (file.size <= maxSize) return await readRange(file);
  throw invalid(archive.name, `"${name}" is larger than ${maxSize} bytes`);
}

/** Says that an archive cannot be used. */
export function invalid(archive: string, why: string): InvalidManifestError {
  return new InvalidManifestError(`Cannot read archive "${archive}": ${why}`);
}

async function findArchive(name: string, path: string): Promise<BlobFile> {
  const { isFile, isDirectory, size } = await look(name, path);
  if (isFile && size > 0) return { path, size };
  if (isFile) throw invalid(name, "it is empty");
  if (isDirectory) throw invalid(name, "it is a directory");
  throw invalid(
    name,
    "it is no regular file; what comes out of a pipe can be loaded by " +
      "`orlop load <FILE`",
  );
}

async function look(name: string, path: string): Promise<Deno.FileInfo> {
  try {
    return await Deno.stat(path);
  } catch (cause) {
    const message = `Cannot open archive "${name}": ${whyOf(cause)}`;
    if (cause instanceof Deno.errors.NotFound) {
      throw new NotFoundError(message, { cause });
    }
    throw new Error(message, { cause });
  }
}

function refuseChanges(
  name: string,
  { path, print }: { readonly path: string; readonly print: string },
): void {
  if (fingerprint(Deno.statSync(path)) === print) return;
  throw invalid(name, "it was changed while it was read");
}

/** What changes when a file is replaced, or written to. */
function fingerprint({ dev, ino, size, mtime }: Deno.FileInfo): string {
  return [dev, ino, size, mtime?.getTime()].join();
}

/** Whoever reads archives does not know which it is, nor that it is no layer. */
async function readingArchive<T>(
  name: string,
  action: () => T | Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof InvalidLayerError) throw invalid(name, error.why);
    if (error instanceof RangeError) throw invalid(name, error.message);
    throw error;
  }
}

function findMember(
  index: TarIndex,
  { name, which, archive, path }: {
    readonly name: string;
    readonly which: Duplicates;
    readonly archive: string;
    readonly path: string;
  },
): BlobFile | undefined {
  let place = cleanName(toBinaryString(toBytes(name)));
  for (let links = 0; links <= MAX_LINKS; links++) {
    const member = index.find(place, which);
    if (member === undefined && links === 0) return undefined;
    switch (member?.type) {
      case "file":
        if (member.isSparse) throw invalid(archive, `"${name}" has holes`);
        return { path, offset: member.offset, size: member.size };
      case "link":
        place = cleanName(member.linkName);
        break;
      case "symlink":
        place = targetOf(place, member.linkName);
        break;
      case "other":
        throw invalid(archive, `"${name}" is no regular file`);
      case undefined:
        throw invalid(
          archive,
          `"${name}" is a link to ${showBinaryString(place)}, which it lacks`,
        );
    }
  }
  throw invalid(archive, `"${name}" is a link in a circle`);
}
