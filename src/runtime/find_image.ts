/** Which stored image a text means. */

import { ImageNotFoundError, InvalidImageNameError } from "../errors.ts";
import type { Digest } from "../formats/digest.ts";
import {
  isShortName,
  nameOf,
  parseReference,
  type Reference,
  repositoryOf,
} from "../formats/reference.ts";
import type { ImageRecord } from "../formats/store_record.ts";
import {
  hasTransport,
  parseStoreReference,
  parseTransportReference,
} from "../formats/transport_reference.ts";
import type { RecordTable } from "../store/record_table.ts";

/** An image by name, by ID, or by both, which must agree then. */
export interface WantedImage {
  readonly imageName?: string | undefined;
  readonly imageId?: string | undefined;
}

// A shorter one is more likely a typing error than an ID.
const MIN_PREFIX = 3;

/**
 * Finds an image by what a person typed: a full ID, a name, a name with a
 * digest, or the beginning of an ID.
 *
 * @throws {ImageNotFoundError} If there is none.
 */
export function findImage(
  images: RecordTable<ImageRecord>,
  text: string,
): ImageRecord {
  const found = images.get(text.replace(/^sha256:/, "")) ??
    findByName(images, text) ?? findByPrefix(images, text);
  if (found !== undefined) return found;
  throw new ImageNotFoundError(
    `Cannot find image "${text}": no image has this name or ID`,
    { imageName: text },
  );
}

/**
 * Finds the image that a container is to be made of. A name is a plain
 * reference, else one with a transport; what is neither may be an ID.
 *
 * @throws {ImageNotFoundError} If there is none.
 * @throws {InvalidImageNameError} If nothing parses, or name and ID disagree.
 */
export function findWantedImage(
  images: RecordTable<ImageRecord>,
  { imageName = "", imageId = "" }: WantedImage,
): ImageRecord {
  const reference = tryParse(imageName);
  if (reference === undefined) {
    return findById(images, { imageName, imageId: imageId || imageName });
  }
  const found = findByReference(images, reference, imageName);
  if (found === undefined) throw notPresent({ imageName, imageId });
  if (imageId !== "" && findById(images, { imageName, imageId }) !== found) {
    throw new InvalidImageNameError(
      `Cannot use image "${imageName}": it is "${found.id}", ` +
        `not "${imageId}"`,
    );
  }
  return found;
}

/** The reference that a name stands for; undefined if it is none. */
export function tryParse(name: string): Reference | undefined {
  try {
    return parseName(name);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Parses `busybox`, `docker://busybox` or `[store]busybox`. */
function parseName(name: string): Reference | undefined {
  if (name.startsWith("[")) return parseStoreReference(name).reference;
  if (!hasTransport(name)) return parseReference(name);
  const parsed = parseTransportReference(name);
  return "reference" in parsed ? parsed.reference : undefined;
}

function findByName(
  images: RecordTable<ImageRecord>,
  text: string,
): ImageRecord | undefined {
  const reference = tryParse(text);
  return reference && findByReference(images, reference, text);
}

/** By exact name; a short name may be a local one; a digest by what has it. */
function findByReference(
  images: RecordTable<ImageRecord>,
  reference: Reference,
  typed: string,
): ImageRecord | undefined {
  const exact = images.getByName(nameOf(reference));
  if (exact !== undefined) return exact;
  if (reference.digest !== undefined) {
    return findByDigest(images, reference, reference.digest);
  }
  if (!isShortName(typed)) return undefined;
  return images.getByName(nameOf(parseReference(`localhost/${typed}`)));
}

/** Any image of the same repository that was known by that digest. */
function findByDigest(
  images: RecordTable<ImageRecord>,
  reference: Reference,
  digest: Digest,
): ImageRecord | undefined {
  const repository = repositoryOf(reference);
  return images.records.find((image) =>
    manifestDigestsOf(image).includes(digest) &&
    image.names?.some((name) => {
      const named = tryParse(name);
      return named !== undefined && repositoryOf(named) === repository;
    })
  );
}

/** All digests that an image's manifests are known by. */
export function manifestDigestsOf(image: ImageRecord): readonly string[] {
  const digests = Object.entries(image["big-data-digests"] ?? {})
    .filter(([key]) => key.startsWith("manifest"))
    .map(([, digest]) => digest);
  return [...new Set([...(image.digest ? [image.digest] : []), ...digests])];
}

function findByPrefix(
  images: RecordTable<ImageRecord>,
  text: string,
): ImageRecord | undefined {
  const prefix = text.replace(/^sha256:/, "");
  return prefix.length < MIN_PREFIX ? undefined : images.getByPrefix(prefix);
}

function findById(
  images: RecordTable<ImageRecord>,
  { imageName, imageId }: {
    readonly imageName: string;
    readonly imageId: string;
  },
): ImageRecord {
  const id = imageId.replace(/^sha256:/, "");
  const found = images.get(id) ?? findByPrefix(images, id);
  if (found !== undefined) return found;
  // Not even the shape of an ID: so it is the name that is wrong.
  if (!/^[0-9a-f]+$/.test(id)) {
    throw new InvalidImageNameError(
      `Cannot use image "${imageName || imageId}": it is neither a name ` +
        `nor an ID`,
    );
  }
  throw notPresent({
    imageName: imageName === imageId ? "" : imageName,
    imageId,
  });
}

function notPresent(
  { imageName, imageId }: {
    readonly imageName: string;
    readonly imageId: string;
  },
): ImageNotFoundError {
  const name = imageName && `"${imageName}"`;
  const id = imageId && `with ID "${imageId}"`;
  const which = [name, id].filter((part) => part !== "").join(" ");
  return new ImageNotFoundError(`image ${which} not present in image store`, {
    imageName,
    imageId,
  });
}
