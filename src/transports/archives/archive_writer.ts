/** Writes blobs and small files into an archive, each once, reproducibly. */

import { join } from "@std/path";
import { rmSync } from "node:fs";
import type { Abortable } from "../../errors/abort.ts";
import type { Bytes } from "../../formats/bytes.ts";
import type { BlobFile } from "../../formats/oci/blob_source.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import type {
  OutgoingBlob,
  WrittenBlob,
} from "../../formats/oci/image_medium.ts";
import type { TarEntry, TarType } from "../../formats/tar/tar_entry.ts";
import {
  encodeTarHeaders,
  TAR_END,
  tarPadding,
} from "../../formats/tar/tar_writer.ts";
import { randomSuffix } from "../../fs/random_name.ts";
import { putBlobFile, receiveBlob } from "../blob_files.ts";
import { streamRange } from "../file_range.ts";
import type { ArchiveOutput } from "./archive_output.ts";

/** How a medium writes its files. */
export interface ArchiveWriterOptions {
  /** Permission bits of its files. */
  readonly mode: number;
  /** The name of the member that a blob is in. */
  nameOf(blob: Pick<OutgoingBlob, "kind"> & WrittenBlob): string;
}

/**
 * Writes an archive. Blobs are in the order of the calls, even if an earlier one
 * takes longer. After a failed call it must not be used.
 */
export class ArchiveWriter {
  readonly #output: ArchiveOutput;
  readonly #options: ArchiveWriterOptions;
  readonly #written = new Map<Digest, number>();
  /** Ends when all that was put before is written. */
  #turn: Promise<void> = Promise.resolve();
  #failure: unknown;

  constructor(output: ArchiveOutput, options: ArchiveWriterOptions) {
    this.#output = output;
    this.#options = options;
  }

  /** Whether a blob is in it. */
  has(digest: Digest): boolean {
    return this.#written.has(digest);
  }

  /**
   * Writes a blob, unless it is there. One whose size is not known waits in a file
   * until it is.
   *
   * @throws {BlobMismatchError} If digest or size are not as promised.
   * @throws {NoSpaceError} If the disk is full.
   */
  async put(
    blob: OutgoingBlob,
    options: Abortable = {},
  ): Promise<WrittenBlob> {
    const { digest, size } = blob;
    const isKnown = digest !== undefined && size !== undefined;
    const own = Promise.withResolvers<void>();
    const before = this.#turn;
    this.#turn = own.promise;
    const late = isKnown ? undefined : this.#putAside(blob, options);
    late?.catch(() => {}); // it is awaited in its turn
    try {
      await before;
      if (this.#failure !== undefined) throw this.#failure;
      return late === undefined
        ? await this.#append(blob, options)
        : await this.#appendFile(blob, await late, options);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    } finally {
      own.resolve();
    }
  }

  /** Writes a small file. */
  async putFile(name: string, bytes: Bytes): Promise<void> {
    const { mode } = this.#options;
    await this.#putHeader("file", { name, mode, size: bytes.length });
    await this.#putContent(bytes);
  }

  /** Writes a symbolic link. */
  async putLink(name: string, linkName: string): Promise<void> {
    await this.#putHeader("symlink", { name, linkName, mode: 0 });
  }

  /** Writes the end, and commits the archive. */
  async commit(): Promise<void> {
    await this.#turn;
    if (this.#failure !== undefined) throw this.#failure;
    await this.#output.write(TAR_END);
    await this.#output.commit();
  }

  /** A blob whose digest and size are known. */
  async #append(
    blob: OutgoingBlob,
    options: Abortable,
  ): Promise<WrittenBlob> {
    const { kind, digest, size } = blob;
    if (digest === undefined || size === undefined) {
      throw new TypeError("a blob without a size");
    }
    if (this.has(digest)) return { digest, size };
    const name = this.#options.nameOf({ kind, digest, size });
    const { mode } = this.#options;
    await this.#putHeader("file", { name, mode, size });
    const write = (chunk: Bytes) => this.#output.write(chunk);
    const written = await receiveBlob(blob, write, options);
    await this.#output.write(tarPadding(size));
    this.#written.set(digest, size);
    return written;
  }

  async #putAside(
    blob: OutgoingBlob,
    options: Abortable,
  ): Promise<AsideBlob | WrittenBlob> {
    const { digest } = blob;
    const size = digest && this.#written.get(digest);
    if (digest !== undefined && size !== undefined) return { digest, size };
    const { temporary } = this.#output;
    const path = join(temporary, `blob-${randomSuffix()}`);
    const folder = { temporary, pathOf: () => path };
    // It is removed as soon as it is in the archive, which is synced as a whole.
    const written = await putBlobFile(folder, blob, {
      ...{ ...options, sync: "never" },
    });
    return { ...written, path };
  }

  async #appendFile(
    { kind, mediaType }: OutgoingBlob,
    aside: AsideBlob | WrittenBlob,
    options: Abortable,
  ): Promise<WrittenBlob> {
    const { digest, size } = aside;
    if (!("path" in aside)) return { digest, size };
    const open = () => streamRange(aside, options);
    const blob = { kind, mediaType, digest, size, open };
    const written = await this.#append(blob, options);
    rmSync(aside.path);
    return written;
  }

  async #putContent(bytes: Bytes): Promise<void> {
    await this.#output.write(bytes);
    await this.#output.write(tarPadding(bytes.length));
  }

  async #putHeader(
    type: TarType,
    entry: Partial<TarEntry> & Pick<TarEntry, "mode" | "name">,
  ): Promise<void> {
    await this.#output.write(encodeTarHeaders({ ...BLANK, ...entry, type }));
  }
}

/** A blob that waits in a file. */
type AsideBlob = WrittenBlob & Pick<BlobFile, "path">;

/** The header fields as in containers/image. */
const BLANK = {
  linkName: "",
  size: 0,
  uid: 0,
  gid: 0,
  mtime: 0,
  mtimeNs: 0,
  major: 0,
  minor: 0,
};
