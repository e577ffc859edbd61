/** A temporary directory for decompressed archives and for piped input. */

import { join } from "@std/path";
import {
  closeSync,
  existsSync,
  openSync,
  rmdirSync,
  statfsSync,
  writeSync,
} from "node:fs";
import type { Abortable } from "../../errors/abort.ts";
import { NoSpaceError } from "../../errors/image_errors.ts";
import type { Bytes } from "../../formats/bytes.ts";
import { formatSize } from "../../formats/config/byte_size.ts";
import type { BlobFile } from "../../formats/oci/blob_source.ts";
import { isErrno } from "../../fs/errno.ts";
import { openStaging, type Staging } from "../../store/layers/staging.ts";
import type { Agent } from "../agent.ts";
import { expandInWorker } from "./expand_in_worker.ts";

// Temporary files must not fill the disk: this many bytes stay free, or this share
// of a small disk.
const MIN_FREE_BYTES = 256 * 1024 * 1024;
const MIN_FREE_PART = 0.05;
const CHECK_BYTES = 16 * 1024 * 1024;

/**
 * A directory of the store that is made on demand, and removed when disposed of, or
 * by the next command if this process is killed.
 */
export class Spool implements AsyncDisposable {
  readonly #agent: Agent;
  #staging: Staging | undefined;
  #count = 0;

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** The directory; absolute. */
  get path(): string {
    this.#staging ??= openPlace(this.#agent);
    return this.#staging.path;
  }

  /**
   * Decompresses a file into this directory; see `Expand` of the archives.
   *
   * @throws {InvalidLayerError} If it is damaged.
   * @throws {NoSpaceError} If there is not enough space.
   */
  async expand(
    { path, offset = 0, size }: BlobFile,
    { name, signal }: Abortable & { readonly name: string },
  ): Promise<BlobFile> {
    const target = this.#nextPath();
    const job = { path, offset, size, target };
    const onProgress = () => refuseFullDisk(target, name);
    try {
      const bytes = await expandInWorker(job, { signal, onProgress });
      return { path: target, size: bytes };
    } catch (cause) {
      throw cause instanceof NoSpaceError ? noSpace(name, { cause }) : cause;
    }
  }

  /**
   * Stores piped input.
   *
   * @returns The path of the file.
   * @throws {NoSpaceError} If there is not enough space.
   */
  async receive(
    input: ReadableStream<Bytes>,
    { signal }: Abortable = {},
  ): Promise<string> {
    const path = this.#nextPath();
    const what = "standard input";
    const fd = openSync(path, "wx", 0o600);
    let unchecked = 0;
    const sink = new WritableStream<Bytes>({
      write(chunk) {
        for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at);
        unchecked += chunk.length;
        if (unchecked < CHECK_BYTES) return;
        unchecked = 0;
        refuseFullDisk(path, what);
      },
    });
    try {
      await input.pipeTo(sink, signal === undefined ? {} : { signal });
      return path;
    } catch (cause) {
      const isFull = isErrno(cause, "ENOSPC", "EDQUOT");
      throw isFull ? noSpace(what, { cause }) : cause;
    } finally {
      closeSync(fd);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#staging?.[Symbol.asyncDispose]();
  }

  #nextPath(): string {
    return join(this.path, `spool-${this.#count++}`);
  }
}

/**
 * Copies between files need no store: then it is at the path where one would be.
 */
function openPlace({ store }: Agent): Staging {
  const { root, home, layers } = store.paths;
  if (existsSync(layers)) return store.openStaging();
  const made = [home, root].filter((directory) => !existsSync(directory));
  const staging = openStaging(join(home, "tempdirs"), store);
  return {
    path: staging.path,
    async [Symbol.asyncDispose]() {
      await staging[Symbol.asyncDispose]();
      for (const directory of made) removeIfEmpty(directory);
    },
  };
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY", "ENOENT", "EBUSY")) throw error;
  }
}

function refuseFullDisk(path: string, what: string): void {
  const { bavail, blocks, bsize } = statfsSync(path);
  const floor = Math.min(MIN_FREE_BYTES, MIN_FREE_PART * blocks * bsize);
  if (bavail * bsize >= floor) return;
  throw noSpace(what, { left: formatSize(bavail * bsize) });
}

function noSpace(
  what: string,
  { left, ...options }: { readonly left?: string; readonly cause?: unknown },
): NoSpaceError {
  const why = left === undefined
    ? "no space left on device"
    : `only ${left} are left on the disk of the store`;
  return new NoSpaceError(`Cannot keep "${what}" for a while: ${why}`, options);
}
