/** Images in OCI layouts on disk: OCI image-spec v1.1, image-layout.md. */

import { resolve } from "@std/path";
import type { Abortable } from "../errors/abort.ts";
import { InvalidManifestError } from "../errors/image_errors.ts";
import { NotFoundError } from "../errors/not_found_errors.ts";
import type { Bytes } from "../formats/bytes.ts";
import { asObject, asString, parseJson } from "../formats/json.ts";
import type {
  BlobFile,
  BlobFiles,
  ImageSource,
  OpenBlobOptions,
  RawManifest,
} from "../formats/oci/blob_source.ts";
import type { Descriptor } from "../formats/oci/descriptor.ts";
import {
  algorithmOf,
  type Digest,
  digestOf,
  hexOf,
} from "../formats/oci/digest.ts";
import {
  type ImageIndex,
  MAX_MANIFEST_SIZE,
  parseManifest,
} from "../formats/oci/manifest.ts";
import { OCI_INDEX } from "../formats/oci/media_types.ts";
import { verifyBytes } from "../formats/oci/verify_bytes.ts";

/** An image in a layout. */
export interface LayoutImage extends ImageSource {
  /** Its blobs, and those of the layout's other images. */
  readonly files: BlobFiles;
  /** The name that the layout gives it. */
  readonly name: string | undefined;
  /** Its manifest, or the index of its manifests. */
  readonly descriptor: Descriptor;
}

/** Which image of a layout; left out, there must be only one. */
export interface OpenLayoutOptions {
  /** Its annotation `org.opencontainers.image.ref.name`. */
  readonly ref?: string | undefined;
  /** Its position in the index. */
  readonly index?: number | undefined;
}

/** The annotation that names an image in an index: OCI annotations.md. */
export const REF_NAME = "org.opencontainers.image.ref.name";
// Reads of this size cost little and bound the memory.
const CHUNK_SIZE = 256 * 1024;

/**
 * Opens an image in a layout.
 *
 * @param path The folder that holds `oci-layout` and `index.json`.
 * @throws {NotFoundError} If the folder, or the image in it, does not exist.
 * @throws {InvalidManifestError} If the folder is no OCI layout.
 */
export async function openLayout(
  path: string,
  options: OpenLayoutOptions = {},
): Promise<LayoutImage> {
  const directory = resolve(path);
  await checkVersion(directory);
  const index = await readIndex(directory);
  const descriptor = chooseEntry(index, { ...options, directory: path });
  return {
    files: { directory, find: (blob) => findBlob(directory, blob.digest) },
    descriptor,
    name: descriptor.annotations?.[REF_NAME],
    open: (blob, opening) => openBlob(directory, blob, opening),
    async fetchManifest(digest = descriptor.digest, abortable = {}) {
      abortable.signal?.throwIfAborted();
      const known = index.manifests.find((entry) => entry.digest === digest);
      return await readManifest(directory, digest, known?.mediaType ?? "");
    },
  };
}

async function openBlob(
  directory: string,
  blob: Descriptor,
  options: OpenBlobOptions = {},
): Promise<ReadableStream<Bytes>> {
  const { offset = 0, signal } = options;
  signal?.throwIfAborted();
  const file = await openBlobFile(directory, blob.digest);
  await file.seek(offset, Deno.SeekMode.Start);
  return toByteStream(file, options);
}

function toByteStream(
  file: Deno.FsFile,
  { signal }: Abortable,
): ReadableStream<Bytes> {
  return new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: CHUNK_SIZE,
    pull(controller) {
      const view = controller.byobRequest?.view;
      if (!(view instanceof Uint8Array)) throw new TypeError("no buffer");
      // Reads at once: a detour through the event loop takes as long again.
      const count = signal?.aborted ? null : file.readSync(view);
      if (count !== null) {
        controller.byobRequest?.respond(count);
        return;
      }
      file.close();
      if (signal?.aborted) return controller.error(signal.reason);
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: () => file.close(),
  });
}

/** Where a blob is. Only a parsed digest may become a file name. */
export function blobPath(directory: string, digest: Digest): string {
  return `${directory}/blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

async function findBlob(directory: string, digest: Digest): Promise<BlobFile> {
  const path = blobPath(directory, digest);
  const size = await inLayout(directory, digest, () => sizeOfFile(path));
  return { path, size };
}

/** Whoever made a layout may have put a pipe there, which nobody writes to. */
async function sizeOfFile(path: string): Promise<number> {
  const { isFile, size } = await Deno.stat(path);
  if (isFile) return size;
  throw new InvalidManifestError(
    `Cannot read "${path}": it is no regular file`,
  );
}

function openBlobFile(
  directory: string,
  digest: Digest,
): Promise<Deno.FsFile> {
  const path = blobPath(directory, digest);
  return inLayout(directory, digest, async () => {
    await sizeOfFile(path);
    return await Deno.open(path);
  });
}

async function inLayout<T>(
  directory: string,
  digest: Digest,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new NotFoundError(
      `Cannot open blob "${digest}": layout "${directory}" lacks it`,
      { cause },
    );
  }
}

/** Refuses what is no OCI layout. @throws {NotFoundError} If it is nothing. */
export async function checkVersion(directory: string): Promise<void> {
  const bytes = await readPart(directory, "oci-layout");
  const version = parseVersion(bytes, `${directory}/oci-layout`);
  if (version.startsWith("1.")) return;
  throw new InvalidManifestError(
    `Cannot open layout "${directory}": version "${version}" is not 1.x`,
  );
}

function parseVersion(bytes: Bytes, path: string): string {
  const what = `"${path}"`;
  try {
    const marker = asObject(parseJson(bytes, what), what);
    return asString(marker["imageLayoutVersion"], what);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidManifestError(error.message, { cause: error });
  }
}

/** Reads the index of a layout's images. */
export async function readIndex(directory: string): Promise<ImageIndex> {
  const bytes = await readPart(directory, "index.json");
  const digest = digestOf(bytes);
  const index = parseManifest({ bytes, mediaType: OCI_INDEX, digest });
  if (index.kind === "index") return index;
  throw new InvalidManifestError(
    `Cannot open layout "${directory}": index.json is no index`,
  );
}

async function readPart(directory: string, name: string): Promise<Bytes> {
  const path = `${directory}/${name}`;
  try {
    if (await sizeOfFile(path) <= MAX_MANIFEST_SIZE) {
      return await Deno.readFile(path);
    }
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new NotFoundError(
      `Cannot open layout "${directory}": it has no ${name}`,
      { cause },
    );
  }
  throw new InvalidManifestError(
    `Cannot read "${path}": larger than ${MAX_MANIFEST_SIZE} bytes`,
  );
}

function chooseEntry(
  { manifests }: ImageIndex,
  { ref, index, directory }: OpenLayoutOptions & { directory: string },
): Descriptor {
  const chosen = manifests.filter((entry, position) =>
    (ref === undefined || entry.annotations?.[REF_NAME] === ref) &&
    (index === undefined || position === index)
  );
  const [only] = chosen;
  if (only !== undefined && chosen.length === 1) return only;
  const what = `Cannot open layout "${directory}"`;
  const names = manifests.map(({ annotations }, position) =>
    annotations?.[REF_NAME] ?? `@${position}`
  ).join(", ");
  if (chosen.length > 1) {
    throw new NotFoundError(`${what}: name one of its images: ${names}`);
  }
  const asked = ref === undefined ? "such image" : `image "${ref}"`;
  throw new NotFoundError(
    `${what}: it has no ${asked}; it has ${names || "none"}`,
  );
}

async function readManifest(
  directory: string,
  digest: Digest,
  mediaType: string,
): Promise<RawManifest> {
  using file = await openBlobFile(directory, digest);
  const { size } = await file.stat();
  if (size > MAX_MANIFEST_SIZE) {
    throw new InvalidManifestError(
      `Cannot read manifest "${digest}": larger than ${MAX_MANIFEST_SIZE} bytes`,
    );
  }
  const bytes = await Deno.readFile(blobPath(directory, digest));
  verifyBytes(bytes, digest, `Cannot read manifest "${digest}": it`);
  return { bytes, mediaType, digest };
}
