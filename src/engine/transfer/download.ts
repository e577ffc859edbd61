/**
 * Fetches a blob into a file, which another thread reads meanwhile. The state of a
 * hash or a decompressor cannot be saved, so the bytes are kept when a pull is
 * interrupted: a later one reads them, and requests only the rest.
 */

import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  writeSync,
} from "node:fs";
import type { Abortable } from "../../errors/abort.ts";
import { NoSpaceError } from "../../errors/image_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { BlobSource } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import { isErrno } from "../../fs/errno.ts";
import { readBlob } from "../../registry/blobs/read_blob.ts";
import type { RetryRules } from "../../registry/send_request.ts";
import { BlobParts, type PartsTurn } from "./blob_parts.ts";
import type { BlobProgress } from "./blob_progress.ts";
import type { PartRules } from "../part_rules.ts";
import { limitReports } from "../progress/limit_reports.ts";

/** What to fetch, and the file for it. */
export interface DownloadJob {
  readonly source: BlobSource;
  /** How to retry. */
  readonly retry?: RetryRules | undefined;
  readonly blob: Descriptor;
  /** Made if missing; its content counts as the beginning of the blob. */
  readonly path: string;
  readonly progress: BlobProgress;
  /** If omitted, it comes over one connection. */
  readonly parts?: DownloadParts | undefined;
}

/** How to use several connections. */
export interface DownloadParts {
  readonly rules: PartRules;
  readonly turn: PartsTurn;
}

/** Called while a blob is received. */
export interface DownloadHandlers extends Abortable {
  onProgress(received: number): void;
  onRetry(reason: string): void;
  /** Called when the blob is fetched in parts. */
  onParts?(): void;
}

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

/**
 * Fetches a blob. Only its size is verified. When the call has ended, nothing is
 * written any more.
 *
 * @throws {BlobMismatchError} If the blob is longer than its size.
 * @throws {NoSpaceError} If the disk is full.
 * @throws {RegistryError} If the registry does not give it.
 */
export async function downloadBlob(
  job: DownloadJob,
  handlers: DownloadHandlers,
): Promise<void> {
  const { blob, path, progress } = job;
  const fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  try {
    let received = findEnd(fd, blob.size);
    const tell = limitReports(handlers.onProgress);
    const report = () => {
      if (received === 0) return;
      progress.advance(received);
      tell(received);
    };
    report();
    await fetchInto(
      {
        get end() {
          return received;
        },
        write(chunk) {
          append(fd, chunk, { end: received, blob });
          received += chunk.length;
          report();
        },
      },
      job,
      handlers,
    );
    handlers.onProgress(received); // reports are rate-limited, so the last one is repeated
    progress.complete();
  } finally {
    closeSync(fd);
  }
}

/** A file that grows at its end. */
interface GrowingFile {
  readonly end: number;
  write(chunk: Bytes): void;
}

async function fetchInto(
  file: GrowingFile,
  { source, retry, blob, parts: allowed }: DownloadJob,
  { signal, onRetry, onParts = () => {} }: DownloadHandlers,
): Promise<void> {
  const { rules = { connections: 1 }, turn = { isTaken: false } } = allowed ??
    {};
  await using parts = new BlobParts({
    ...{ source, blob, retry, rules, turn, signal, onRetry },
    onBegin: onParts,
    write,
  });
  const readRest = (end: () => number) =>
    readBlob(
      (blob, options) => source.open(blob, options),
      blob,
      (chunk) => {
        // The rest was fetched in parts.
        write(chunk.subarray(0, end() - file.end));
      },
      { ...retry, offset: file.end, signal, end, onReconnect: onRetry },
    );
  await readRest(() => parts.begin);
  if (await parts.finish() < blob.size) await readRest(() => blob.size);

  function write(chunk: Bytes): void {
    const start = performance.now();
    file.write(chunk);
    parts.observe(file.end, performance.now() - start);
  }
}

/** Bytes beyond a blob's size cannot belong to it. */
function findEnd(fd: number, size: number): number {
  const end = fstatSync(fd).size;
  if (end <= size) return end;
  ftruncateSync(fd, 0);
  return 0;
}

/** Synchronously: passing it to another thread costs more than the write. */
function append(
  fd: number,
  chunk: Bytes,
  { end, blob }: { readonly end: number; readonly blob: Descriptor },
): void {
  try {
    for (let offset = 0; offset < chunk.length;) {
      const left = chunk.length - offset;
      offset += writeSync(fd, chunk, offset, left, end + offset);
    }
  } catch (cause) {
    if (!isErrno(cause, "ENOSPC", "EDQUOT")) throw cause;
    throw new NoSpaceError(
      `Cannot download layer "${blob.digest}": no space left on device`,
      { cause },
    );
  }
}
