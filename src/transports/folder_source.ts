/** Flat folders of one image, `dir:PATH` of containers/image: for debugging. */

import { resolve } from "@std/path";
import { InvalidManifestError } from "../errors/image_errors.ts";
import { NotFoundError } from "../errors/not_found_errors.ts";
import type {
  BlobFile,
  ImageSource,
  RawManifest,
} from "../formats/oci/blob_source.ts";
import { type Digest, hexOf } from "../formats/oci/digest.ts";
import { digestOf } from "../formats/oci/digest_of.ts";
import { MAX_MANIFEST_SIZE } from "../formats/oci/manifest.ts";
import { verifyBytes } from "../formats/oci/verify_bytes.ts";
import { isErrno } from "../fs/errno.ts";
import { openBlobFile, readRange } from "./file_range.ts";

/** The manifest, or the index, that a folder is of. */
export const FOLDER_MANIFEST = "manifest.json";

/**
 * Opens the image in a folder.
 *
 * @param path The folder that holds `manifest.json`, and blobs beside it.
 * @throws {NotFoundError} If there is none.
 */
export async function openFolder(path: string): Promise<ImageSource> {
  const directory = resolve(path);
  const first = await readManifest(directory, FOLDER_MANIFEST);
  return {
    files: {
      reach: [directory],
      find: ({ digest }) => findPart(directory, hexOf(digest)),
    },
    async open(blob, options = {}) {
      options.signal?.throwIfAborted();
      const file = await findPart(directory, hexOf(blob.digest));
      return await openBlobFile(file, blob, options);
    },
    async fetchManifest(digest = first.digest, { signal } = {}) {
      signal?.throwIfAborted();
      if (digest === first.digest) return first;
      const raw = await readManifest(directory, instanceName(digest));
      verifyBytes(raw.bytes, digest, `Cannot read manifest "${digest}": it`);
      return { ...raw, digest };
    },
  };
}

/** The file of a manifest that an index lists. */
export function instanceName(digest: Digest): string {
  return `${hexOf(digest)}.manifest.json`;
}

async function readManifest(
  directory: string,
  name: string,
): Promise<RawManifest> {
  const file = await findPart(directory, name);
  if (file.size > MAX_MANIFEST_SIZE) {
    throw new InvalidManifestError(
      `Cannot read "${file.path}": larger than ${MAX_MANIFEST_SIZE} bytes`,
    );
  }
  const bytes = await readRange(file);
  return { bytes, digest: digestOf(bytes), mediaType: "" };
}

async function findPart(directory: string, name: string): Promise<BlobFile> {
  const path = `${directory}/${name}`;
  try {
    const { isFile, size } = await Deno.stat(path);
    if (isFile) return { path, size };
  } catch (cause) {
    if (!isErrno(cause, "ENOENT", "ENOTDIR")) throw cause;
    throw new NotFoundError(
      `Cannot open folder "${directory}": it has no ${name}`,
      { cause },
    );
  }
  // Whoever made it may have put a pipe there, which nobody writes to.
  throw new InvalidManifestError(
    `Cannot read "${path}": it is no regular file`,
  );
}
