/** Archives of OCI layouts, as a place where images go to: OCI image-layout.md. */

import type { Abortable } from "../../errors/abort.ts";
import { toBytes } from "../../formats/bytes.ts";
import type { RawManifest } from "../../formats/oci/blob_source.ts";
import type { Descriptor } from "../../formats/oci/descriptor.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import type {
  ImageMedium,
  OutgoingBlob,
  PutManifestOptions,
  WrittenBlob,
} from "../../formats/oci/image_medium.ts";
import { OCI_INDEX, OCI_MANIFEST } from "../../formats/oci/media_types.ts";
import {
  addEntry,
  describeEntry,
  encodeIndex,
  LAYOUT_VERSION,
} from "../layout_index.ts";
import { partOf } from "../layout_source.ts";
import type { ArchiveOutput } from "./archive_output.ts";
import { ArchiveWriter } from "./archive_writer.ts";

/** As what images go into an archive. */
export interface OciArchiveOptions {
  /** The name of the image that the medium's name stands for. */
  readonly ref?: string | undefined;
}

const FILE_MODE = 0o644;

/**
 * Opens an archive to write images to; blobs that they share are written once.
 *
 * @param output Disposed of with the archive.
 */
export function openOciArchiveMedium(
  output: ArchiveOutput,
  options: OciArchiveOptions = {},
): ImageMedium {
  return new OciArchiveMedium(output, options);
}

class OciArchiveMedium implements ImageMedium {
  readonly manifestTypes = [OCI_MANIFEST, OCI_INDEX];
  readonly layers = "compressed";
  readonly #output: ArchiveOutput;
  readonly #ref: string | undefined;
  readonly #writer: ArchiveWriter;
  #entries: readonly Descriptor[] = [];

  constructor(output: ArchiveOutput, { ref }: OciArchiveOptions) {
    this.#output = output;
    this.#ref = ref;
    this.#writer = new ArchiveWriter(output, {
      mode: FILE_MODE,
      nameOf: ({ digest }) => partOf(digest),
    });
  }

  has({ digest }: { readonly digest: Digest }): Promise<boolean> {
    return Promise.resolve(this.#writer.has(digest));
  }

  put(blob: OutgoingBlob, options?: Abortable): Promise<WrittenBlob> {
    return this.#writer.put(blob, options);
  }

  async putManifest(
    raw: RawManifest,
    { isNamed = false, names = [], signal }: PutManifestOptions = {},
  ): Promise<void> {
    const { mediaType, digest, bytes } = raw;
    const open = () => Promise.resolve(new Blob([bytes]).stream());
    const size = bytes.byteLength;
    await this.#writer.put(
      { kind: "config", mediaType, digest, size, open },
      { signal },
    );
    const refs = new Set<string | undefined>(names);
    if (isNamed && (this.#ref !== undefined || refs.size === 0)) {
      refs.add(this.#ref);
    }
    for (const ref of refs) {
      this.#entries = addEntry(this.#entries, describeEntry(raw, ref));
    }
  }

  async commit({ signal }: Abortable = {}): Promise<void> {
    signal?.throwIfAborted();
    await this.#writer.putFile(
      "index.json",
      toBytes(encodeIndex(this.#entries)),
    );
    await this.#writer.putFile("oci-layout", toBytes(LAYOUT_VERSION));
    await this.#writer.commit();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#output[Symbol.asyncDispose]();
  }
}
