/** Finds the stored image that a text refers to. */

import { InvalidImageNameError } from "../../errors/naming_errors.ts";
import { ImageNotFoundError } from "../../errors/not_found_errors.ts";
import {
  EMPTY_CONF,
  type RegistriesConf,
} from "../../formats/config/registries_conf.ts";
import type { Digest } from "../../formats/oci/digest.ts";
import {
  type ImageName,
  isShortName,
  nameOf,
  type Reference,
  repositoryOf,
  showTyped,
} from "../../formats/oci/reference.ts";
import { MIN_ID_PREFIX } from "../../formats/storage/store_ids.ts";
import type { ImageRecord } from "../../formats/storage/store_record.ts";
import type { RecordView } from "../../store/records/records.ts";
import {
  type ImageText,
  isPlainName,
  readImageText,
  tryParse,
} from "./image_text.ts";
import { storedNamesFor } from "./short_names.ts";

/** An image by name, by ID, or by both, which must agree then. */
export interface WantedImage {
  /**
   * Such as `busybox`, `docker://quay.io/a/b:1` or `name@sha256:…`.
   *
   * @default {the image with the ID}
   */
  readonly imageName?: string | undefined;
  /**
   * Full, or a unique prefix of three digits or more.
   *
   * @default {the image with the name}
   */
  readonly imageId?: string | undefined;
}

/** An image that was found. */
export interface FoundImage {
  readonly image: ImageRecord;
  /** The full name that led to it; undefined if that was its ID. */
  readonly name: ImageName | undefined;
  /** The digest in the text. */
  readonly digest?: Digest | undefined;
}

/** The records that are searched. */
export type SearchedImages = Pick<
  RecordView<ImageRecord>,
  "records" | "lookUp" | "getByName" | "getByPrefix"
>;

/**
 * Whether there is an image that a text may refer to; see {@linkcode findImage}.
 */
export function hasImage(
  images: SearchedImages,
  text: string,
  conf: RegistriesConf = EMPTY_CONF,
): boolean {
  try {
    findImage(images, text, conf);
    return true;
  } catch (error) {
    return !(error instanceof ImageNotFoundError); // or several match
  }
}

/**
 * Finds an image by what a person typed: a full ID, a name, a name with a digest,
 * or a prefix of an ID.
 *
 * @param conf The resolution of short names, from `loadShortNames()`.
 * @throws {ImageNotFoundError} If there is none.
 */
export function findImage(
  images: SearchedImages,
  text: string,
  conf: RegistriesConf = EMPTY_CONF,
): ImageRecord {
  try {
    return findWantedImage(images, { imageName: text }, conf).image;
  } catch (error) {
    const isUnknown = error instanceof ImageNotFoundError ||
      error instanceof InvalidImageNameError;
    if (!isUnknown) throw error;
    throw new ImageNotFoundError(
      `Cannot find image "${showTyped(text)}": no image has this name or ID`,
      { imageName: text },
    );
  }
}

/**
 * Finds the image that a container is to be made of. A name is a plain reference,
 * or one with a transport; any other text may be an ID.
 *
 * @param conf The resolution of short names, from `loadShortNames()`.
 * @throws {ImageNotFoundError} If there is none.
 * @throws {InvalidImageNameError} If nothing parses, or name and ID disagree.
 */
export function findWantedImage(
  images: SearchedImages,
  { imageName = "", imageId = "" }: WantedImage,
  conf: RegistriesConf = EMPTY_CONF,
): FoundImage {
  const text = readImageText(imageName);
  const asked = { imageName, imageId, text };
  const found = text.reference === undefined
    ? findById(images, asked)
    : findByName(images, readings(imageName, text.reference, conf)) ??
      byPrefix(images, imageName);
  if (found === undefined) throw notPresent(asked);
  for (const id of [text.imageId, imageId]) {
    if (!id || findByPrefix(images, id) === found.image) continue;
    if (findByPrefix(images, id) === undefined) throw notPresent(asked);
    throw new InvalidImageNameError(
      `Cannot use image "${imageName}": it is "${found.image.id}", not "${id}"`,
    );
  }
  return { ...found, digest: text.reference?.digest };
}

/**
 * All names that a text may stand for in the store, the likeliest first; none if it
 * has an ID.
 */
export function namesFor(
  typed: string,
  conf: RegistriesConf,
): readonly Reference[] {
  const { reference, imageId } = readImageText(typed);
  return reference === undefined || imageId !== undefined
    ? []
    : readings(typed, reference, conf);
}

/** The possible full names of a parsed reference. */
function readings(
  typed: string,
  reference: Reference,
  conf: RegistriesConf,
): readonly Reference[] {
  const isShort = isPlainName(typed) && isShortName(typed);
  return isShort ? storedNamesFor(typed, conf) : [reference];
}

/** All digests that an image's manifests are known by. */
export function manifestDigestsOf(image: ImageRecord): readonly string[] {
  const digests = Object.entries(image["big-data-digests"] ?? {})
    .filter(([key]) => key.startsWith("manifest"))
    .map(([, digest]) => digest);
  return [...new Set([...(image.digest ? [image.digest] : []), ...digests])];
}

function findByName(
  images: SearchedImages,
  references: readonly Reference[],
): FoundImage | undefined {
  for (const reference of references) {
    const name = nameOf(reference);
    const image = images.getByName(name) ??
      (reference.digest && findByDigest(images, reference, reference.digest));
    if (image !== undefined) return { image, name };
  }
  return undefined;
}

/** Any image of the same repository that was known by that digest. */
function findByDigest(
  images: SearchedImages,
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

/** What was asked for, and what of it was parsed. */
interface Asked extends Required<WantedImage> {
  readonly imageName: string;
  readonly imageId: string;
  readonly text: ImageText;
}

function findById(
  images: SearchedImages,
  { imageName, imageId, text }: Asked,
): FoundImage | undefined {
  const id = text.imageId ?? (imageId || imageName);
  const image = findByPrefix(images, id);
  if (image !== undefined) return { image, name: undefined };
  // The ID is not even well-formed, so the error is about the name.
  if (/^(sha256:)?[0-9a-f]+$/.test(id)) return undefined;
  const why = text.problem?.message ?? "it is neither a name nor an ID";
  throw new InvalidImageNameError(
    `Cannot use image "${
      showTyped(imageName || imageId)
    }": invalid image name: ${why}`,
    { cause: text.problem },
  );
}

function byPrefix(images: SearchedImages, id: string): FoundImage | undefined {
  const image = findByPrefix(images, id);
  return image && { image, name: undefined };
}

/** By full ID, or by a unique prefix. */
function findByPrefix(
  images: SearchedImages,
  id: string,
): ImageRecord | undefined {
  const prefix = id.replace(/^sha256:/, "");
  return images.lookUp(prefix) ??
    (prefix.length < MIN_ID_PREFIX ? undefined : images.getByPrefix(prefix));
}

function notPresent(
  { imageName, imageId, text }: Asked,
): ImageNotFoundError {
  // Callers may give an ID as the name, or the same text as both.
  const isId = imageName === imageId ||
    (imageId === "" && text.imageId !== undefined);
  const [name, id] = isId ? ["", imageName] : [imageName, imageId];
  const parts = [name && `"${showTyped(name)}"`, id && `with ID "${id}"`];
  const which = parts.filter((part) => part !== "").join(" ");
  return new ImageNotFoundError(`image ${which} not present in image store`, {
    imageName: name,
    imageId: id,
  });
}
