/** Manifests and indexes: OCI image-spec v1.1, manifest.md, image-index.md. */

import { InvalidManifestError } from "../../errors/image_errors.ts";
import {
  asArray,
  asObject,
  asString,
  asStringMap,
  type JsonObject,
  optional,
  parseJson,
  refuseCaseVariants,
} from "../json.ts";
import type { RawManifest } from "./blob_source.ts";
import type { Descriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import {
  compressionOf,
  DOCKER_CONFIG,
  DOCKER_MANIFEST,
  isIndexType,
  isManifestType,
  isSchema1Type,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from "./media_types.ts";
import {
  asDescriptor,
  asIndexEntry,
  type UnusableEntry,
} from "./read_descriptor.ts";

/** What a name in a registry stands for. */
export type Manifest = ImageManifest | ImageIndex;

/** One image: its config and its layers. */
export interface ImageManifest {
  /** Tells it from an index. */
  readonly kind: "manifest";
  /** OCI's or Docker's. */
  readonly mediaType: string;
  /** Of the bytes that were parsed. */
  readonly digest: Digest;
  /** The blob of the image's config. */
  readonly config: Descriptor;
  /** From the base up. */
  readonly layers: readonly Descriptor[];
  /** Empty if there are none. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** One image for several platforms. */
export interface ImageIndex {
  /** Tells it from a manifest. */
  readonly kind: "index";
  /** OCI's or Docker's. */
  readonly mediaType: string;
  /** Of the bytes that were parsed. */
  readonly digest: Digest;
  /** Manifests, or more indexes, each with its platform. */
  readonly manifests: readonly Descriptor[];
  /** Entries that cannot be followed, whatever they are for. */
  readonly unusable: readonly UnusableEntry[];
  /** Empty if there are none. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Registries refuse pushes of more; so does containers/image. */
export const MAX_MANIFEST_SIZE = 4 * 1024 * 1024;
// Docker's official images have a few dozen.
const MAX_INDEX_ENTRIES = 1000;
const UNTYPED_DOCKER = "a Docker image whose manifest does not say so in its " +
  "mediaType";
const MANIFEST_KEYS = [
  "schemaVersion",
  "mediaType",
  "artifactType",
  "config",
  "layers",
  "manifests",
  "subject",
  "annotations",
  "fsLayers",
  "history",
];

/**
 * Parses a manifest or an index, and refuses documents that different programs
 * could interpret as different images.
 *
 * @param what What errors call it.
 * @throws {InvalidManifestError} If it breaks the specification, is obsolete,
 * or is no image.
 */
export function parseManifest(
  raw: RawManifest,
  what = `manifest "${raw.digest}"`,
): Manifest {
  try {
    const options = {
      maxSize: MAX_MANIFEST_SIZE,
      numbers: "as-written",
    } as const;
    const value = parseJson(raw.bytes, what, options);
    const document = asObject(value, what);
    refuseCaseVariants(document, what, MANIFEST_KEYS);
    const mediaType = typeOf(document, { declared: raw.mediaType, what });
    refuseAmbiguity(document, { mediaType, what });
    checkUnused(document, what);
    return isIndexType(mediaType)
      ? readIndex(document, { mediaType, what, digest: raw.digest })
      : readManifest(document, { mediaType, what, digest: raw.digest });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidManifestError(error.message, { cause: error });
  }
}

interface Reading {
  /** OCI's or Docker's. */
  readonly mediaType: string;
  readonly digest: Digest;
  readonly what: string;
}

function readManifest(
  document: JsonObject,
  { mediaType, digest, what }: Reading,
): ImageManifest {
  const config = asDescriptor(document["config"], `${what}, config`);
  refuseArtifact(document, { config, mediaType, what });
  // Go writes null for an image without layers.
  const layers = listOf(document, { key: "layers", what })
    .map((layer, index) => asDescriptor(layer, `${what}, layers[${index}]`));
  for (const layer of layers) compressionOf(layer.mediaType);
  const annotations = annotationsOf(document, what);
  return { kind: "manifest", mediaType, digest, config, layers, annotations };
}

function readIndex(
  document: JsonObject,
  { mediaType, digest, what }: Reading,
): ImageIndex {
  const entries = listOf(document, { key: "manifests", what });
  if (entries.length > MAX_INDEX_ENTRIES) {
    throw invalid(what, `more than ${MAX_INDEX_ENTRIES} entries`);
  }
  const read = entries.map((entry, index) =>
    asIndexEntry(entry, `${what}, manifests[${index}]`)
  );
  const manifests = read.filter((entry) => "digest" in entry);
  const unusable = read.filter((entry) => "problem" in entry);
  const annotations = annotationsOf(document, what);
  return { kind: "index", mediaType, digest, manifests, unusable, annotations };
}

/** The media type, on which header and body must agree. */
function typeOf(
  document: JsonObject,
  { declared, what }: { declared: string; what: string },
): string {
  const inBody = optional(
    document["mediaType"],
    `${what}, mediaType`,
    asString,
  );
  const isUnknownType = !isKnownType(declared);
  if (!isUnknownType && inBody !== undefined && inBody !== declared) {
    throw invalid(
      what,
      `ambiguous, it says "${inBody}", the server "${declared}"`,
    );
  }
  // Readers of a store have no Content-Type: podman would fail to list images.
  if (inBody === undefined && declared === DOCKER_MANIFEST) {
    throw invalid(what, UNTYPED_DOCKER);
  }
  const mediaType = isUnknownType ? inBody ?? guessType(document) : declared;
  if (isSchema1Type(mediaType) || document["schemaVersion"] === 1) {
    throw invalid(
      what,
      "image uses Docker schema 1, which is obsolete; ask for a rebuilt image",
    );
  }
  // Some builders leave it out, which containers/image tolerates.
  if ((document["schemaVersion"] ?? 2) !== 2) {
    throw invalid(what, "schemaVersion is not 2");
  }
  if (isManifestType(mediaType) || isIndexType(mediaType)) return mediaType;
  throw invalid(what, `media type "${mediaType}" is not supported`);
}

/** Generic types such as text/plain are ignored: the body counts. */
function isKnownType(mediaType: string): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType) ||
    isSchema1Type(mediaType);
}

function listOf(
  document: JsonObject,
  { key, what }: { readonly key: string; readonly what: string },
): readonly unknown[] {
  return optional(document[key], `${what}, ${key}`, asArray) ?? [];
}

function guessType(document: JsonObject): string {
  return document["manifests"] === undefined ? OCI_MANIFEST : OCI_INDEX;
}

function refuseAmbiguity(
  document: JsonObject,
  { mediaType, what }: { mediaType: string; what: string },
): void {
  const foreign = isIndexType(mediaType)
    ? ["config", "layers", "fsLayers", "history"]
    : ["manifests", "fsLayers", "history"];
  const found = foreign.find((key) => Object.hasOwn(document, key));
  if (found === undefined) return;
  throw invalid(what, `ambiguous, "${found}" has no place in "${mediaType}"`);
}

function refuseArtifact(
  document: JsonObject,
  { config, mediaType, what }: {
    readonly config: Descriptor;
    readonly mediaType: string;
    readonly what: string;
  },
): void {
  // Docker's manifests are of images only; old ones call the config what they like.
  if (mediaType === DOCKER_MANIFEST || config.mediaType === OCI_CONFIG) return;
  if (config.mediaType === DOCKER_CONFIG) throw invalid(what, UNTYPED_DOCKER);
  const type = optional(
    document["artifactType"],
    `${what}, artifactType`,
    asString,
  ) ?? config.mediaType;
  throw invalid(what, `artifact of type "${type}", not an image`);
}

function annotationsOf(
  document: JsonObject,
  what: string,
): Readonly<Record<string, string>> {
  const where = `${what}, annotations`;
  return optional(document["annotations"], where, asStringMap) ?? {};
}

/** What tools written in Go read: one that they cannot hides all of a store. */
function checkUnused(document: JsonObject, what: string): void {
  optional(document["subject"], `${what}, subject`, asDescriptor);
  optional(document["artifactType"], `${what}, artifactType`, asString);
}

function invalid(what: string, why: string): InvalidManifestError {
  return new InvalidManifestError(`Cannot read ${what}: ${why}`);
}
