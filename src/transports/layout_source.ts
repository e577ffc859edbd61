/** Images in OCI layouts on disk: OCI image-spec v1.1, image-layout.md. */

import { resolve } from "@std/path";
import { InvalidManifestError } from "../errors/image_errors.ts";
import { NotFoundError } from "../errors/not_found_errors.ts";
import type { Bytes } from "../formats/bytes.ts";
import { asObject, asString, parseJson } from "../formats/json.ts";
import type {
  BlobFile,
  BlobFiles,
  ImageSource,
  RawManifest,
} from "../formats/oci/blob_source.ts";
import type { Descriptor } from "../formats/oci/descriptor.ts";
import { algorithmOf, type Digest, hexOf } from "../formats/oci/digest.ts";
import { digestOf } from "../formats/oci/digest_of.ts";
import {
  type ImageIndex,
  MAX_MANIFEST_SIZE,
  parseManifest,
} from "../formats/oci/manifest.ts";
import { OCI_INDEX } from "../formats/oci/media_types.ts";
import { verifyBytes } from "../formats/oci/verify_bytes.ts";
import { openBlobFile, readRange } from "./file_range.ts";

/** An image in a layout. */
export interface LayoutImage extends ImageSource {
  /** Its blobs, and those of the layout's other images. */
  readonly files: BlobFiles;
  /** The name that the layout gives it. */
  readonly name: string | undefined;
  /** Its manifest, or the index of its manifests. */
  readonly descriptor: Descriptor;
}

/** Which image of a layout; if omitted, there must be only one. */
export interface OpenLayoutOptions {
  /** Its annotation `org.opencontainers.image.ref.name`. */
  readonly ref?: string | undefined;
  /** Its position in the index. */
  readonly index?: number | undefined;
}

/** Where the parts of a layout are: a folder, or an archive of one. */
export interface LayoutPlace {
  /** What the user calls it. */
  readonly name: string;
  /** See {@linkcode BlobFiles.reach}. */
  readonly reach: readonly string[];
  /**
   * Finds a part, such as `index.json`; undefined if there is none.
   *
   * @throws {InvalidManifestError} If it is no regular file.
   */
  find(part: string): Promise<BlobFile | undefined>;
}

/** The annotation that names an image in an index: OCI annotations.md. */
export const REF_NAME = "org.opencontainers.image.ref.name";

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
  return await openLayoutAt(
    { ...folderPlace(resolve(path)), name: path },
    options,
  );
}

/** Opens an image in a layout, wherever that is, as {@linkcode openLayout} does. */
export async function openLayoutAt(
  place: LayoutPlace,
  options: OpenLayoutOptions = {},
): Promise<LayoutImage> {
  const index = await readIndexAt(place);
  const descriptor = chooseEntry(index, { ...options, layout: place.name });
  const find = (blob: Descriptor) => findBlob(place, blob.digest);
  return {
    files: { reach: place.reach, find },
    descriptor,
    name: descriptor.annotations?.[REF_NAME],
    async open(blob, opening = {}) {
      opening.signal?.throwIfAborted();
      return await openBlobFile(await find(blob), blob, opening);
    },
    async fetchManifest(digest = descriptor.digest, abortable = {}) {
      abortable.signal?.throwIfAborted();
      const known = index.manifests.find((entry) => entry.digest === digest);
      return await readManifest(place, digest, known?.mediaType ?? "");
    },
  };
}

/** Where a blob is. Only a parsed digest may become a file name. */
export function blobPath(directory: string, digest: Digest): string {
  return `${directory}/${partOf(digest)}`;
}

/** The same within a layout. */
export function partOf(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

/** Refuses what is no OCI layout. @throws {NotFoundError} If it is nothing. */
export async function checkVersion(directory: string): Promise<void> {
  await checkVersionAt(folderPlace(directory));
}

/** Reads the index of a layout's images. */
export async function readIndex(directory: string): Promise<ImageIndex> {
  return await readIndexAt(folderPlace(directory));
}

/** Reads the index of a layout's images, when it is one. */
export async function readIndexAt(place: LayoutPlace): Promise<ImageIndex> {
  await checkVersionAt(place);
  const bytes = await readPart(place, "index.json");
  const raw = { bytes, mediaType: OCI_INDEX, digest: digestOf(bytes) };
  // Its digest is nowhere to be found.
  const index = parseManifest(raw, `index.json of "${place.name}"`);
  if (index.kind === "index") return index;
  throw new InvalidManifestError(
    `Cannot open layout "${place.name}": index.json is no index`,
  );
}

function folderPlace(directory: string): LayoutPlace {
  return {
    name: directory,
    reach: [directory],
    find: (part) => findFile(`${directory}/${part}`),
  };
}

/** Whoever made a layout may have put a pipe there, which nobody writes to. */
async function findFile(path: string): Promise<BlobFile | undefined> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (isFile) return { path, size };
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    throw cause;
  }
  throw new InvalidManifestError(
    `Cannot read "${path}": it is no regular file`,
  );
}

async function findBlob(
  place: LayoutPlace,
  digest: Digest,
): Promise<BlobFile> {
  const file = await place.find(partOf(digest));
  if (file !== undefined) return file;
  throw new NotFoundError(
    `Cannot open blob "${digest}": layout "${place.name}" lacks it`,
  );
}

async function checkVersionAt(place: LayoutPlace): Promise<void> {
  const bytes = await readPart(place, "oci-layout");
  const version = parseVersion(bytes, `${place.name}/oci-layout`);
  if (version.startsWith("1.")) return;
  throw new InvalidManifestError(
    `Cannot open layout "${place.name}": version "${version}" is not 1.x`,
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

async function readPart(place: LayoutPlace, part: string): Promise<Bytes> {
  const file = await place.find(part);
  if (file === undefined) {
    throw new NotFoundError(
      `Cannot open layout "${place.name}": it has no ${part}`,
    );
  }
  if (file.size <= MAX_MANIFEST_SIZE) return await readRange(file);
  throw new InvalidManifestError(
    `Cannot read "${place.name}/${part}": larger than ` +
      `${MAX_MANIFEST_SIZE} bytes`,
  );
}

function chooseEntry(
  { manifests }: ImageIndex,
  { ref, index, layout }: OpenLayoutOptions & { readonly layout: string },
): Descriptor {
  const chosen = manifests.filter((entry, position) =>
    (ref === undefined || entry.annotations?.[REF_NAME] === ref) &&
    (index === undefined || position === index)
  );
  const [only] = chosen;
  if (only !== undefined && chosen.length === 1) return only;
  const what = `Cannot open layout "${layout}"`;
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
  place: LayoutPlace,
  digest: Digest,
  mediaType: string,
): Promise<RawManifest> {
  const file = await findBlob(place, digest);
  if (file.size > MAX_MANIFEST_SIZE) {
    throw new InvalidManifestError(
      `Cannot read manifest "${digest}": larger than ${MAX_MANIFEST_SIZE} bytes`,
    );
  }
  const bytes = await readRange(file);
  verifyBytes(bytes, digest, `Cannot read manifest "${digest}": it`);
  return { bytes, mediaType, digest };
}
