/** Writes blobs into folders; each gets its name when it is complete. */

import { dirname } from "@std/path";
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, renameSync, rmSync } from "node:fs";
import type { Abortable } from "../errors/abort.ts";
import { BlobMismatchError, NoSpaceError } from "../errors/image_errors.ts";
import type { Bytes } from "../formats/bytes.ts";
import {
  algorithmOf,
  type Digest,
  parseDigest,
} from "../formats/oci/digest.ts";
import type { OutgoingBlob, WrittenBlob } from "../formats/oci/image_medium.ts";
import { isErrno } from "../fs/errno.ts";
import { randomSuffix } from "../fs/random_name.ts";
import { syncDirectory } from "../fs/sync.ts";
import { writeAll } from "../fs/write_atomically.ts";

/** Media are for everybody, as those of other tools. */
export const MEDIUM_FILE = { mode: 0o644 } as const;

/** Where blobs are written. */
export interface BlobFolder {
  /** For those that are not whole; on the same file system. */
  readonly temporary: string;
  /** Where a blob belongs; absolute. */
  pathOf(digest: Digest): string;
}

/** Whether a blob is there. Links do not count, as their target is untrusted. */
export function hasBlobFile(path: string, size: number): boolean {
  const info = lstatSync(path, { throwIfNoEntry: false });
  return info?.isFile() === true && info.size === size;
}

/** How to write a blob. */
export interface PutBlobOptions extends Abortable {
  /** `"never"` is for what does not outlive the process; `"now"` is the default. */
  readonly sync?: "never" | "now";
}

/**
 * Writes a blob into a folder, verified and on the disk.
 *
 * @throws {BlobMismatchError} If digest or size are not as promised.
 * @throws {NoSpaceError} If the disk is full.
 */
export async function putBlobFile(
  { temporary: directory, pathOf }: BlobFolder,
  blob: OutgoingBlob,
  options: PutBlobOptions = {},
): Promise<WrittenBlob> {
  mkdirSync(directory, { recursive: true });
  const temporary = `${directory}/.tmp-${randomSuffix()}`;
  try {
    const written = await writeBlob(temporary, blob, options);
    const path = pathOf(written.digest);
    mkdirSync(dirname(path), { recursive: true });
    renameSync(temporary, path);
    if (options.sync !== "never") syncDirectory(dirname(path));
    return written;
  } catch (cause) {
    rmSync(temporary, { force: true });
    if (!isErrno(cause, "ENOSPC", "EDQUOT")) throw cause;
    throw new NoSpaceError(
      `Cannot write ${nameOf(blob)} to "${directory}": no space left on device`,
      { cause },
    );
  }
}

function nameOf({ kind, digest }: OutgoingBlob): string {
  return digest === undefined ? `a ${kind}` : `${kind} "${digest}"`;
}

async function writeBlob(
  path: string,
  blob: OutgoingBlob,
  { sync, signal }: PutBlobOptions,
): Promise<WrittenBlob> {
  signal?.throwIfAborted();
  using file = await Deno.open(path, {
    write: true,
    createNew: true,
    ...MEDIUM_FILE,
  });
  // Synchronously: passing it to another thread costs more than the write.
  const written = await receiveBlob(blob, (chunk) => writeAll(file, chunk), {
    signal,
  });
  if (sync !== "never") await file.syncData();
  return written;
}

/**
 * Receives a blob, and verifies it.
 *
 * @param write Receives all its bytes, which are unverified until the call has
 * ended.
 * @throws {BlobMismatchError} If digest or size are not as promised.
 */
export async function receiveBlob(
  blob: OutgoingBlob,
  write: (chunk: Bytes) => void | Promise<void>,
  { signal }: Abortable,
): Promise<WrittenBlob> {
  const { size = Infinity } = blob;
  const algorithm = blob.digest ? algorithmOf(blob.digest) : "sha256";
  const hash = createHash(algorithm);
  let received = 0;
  signal?.throwIfAborted();
  const body = await blob.open();
  const sink = new WritableStream<Bytes>({
    write(chunk) {
      received += chunk.byteLength;
      // Not left to the end: an endless body would fill the disk first.
      if (received > size) throw mismatch(`more than ${size} bytes`);
      hash.update(chunk);
      return write(chunk);
    },
  });
  await body.pipeTo(sink, signal === undefined ? {} : { signal });
  const digest = parseDigest(`${algorithm}:${hash.digest("hex")}`);
  if (blob.size !== undefined && received < blob.size) {
    throw mismatch(`${received} of ${blob.size} bytes`);
  }
  if (blob.digest !== undefined && digest !== blob.digest) {
    throw mismatch(`digest ${digest}`);
  }
  return { digest, size: received };

  function mismatch(got: string): BlobMismatchError {
    return new BlobMismatchError(`Cannot copy ${nameOf(blob)}: got ${got}`);
  }
}
