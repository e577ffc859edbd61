/**
 * Writes manifests again, for images whose layers or format change: OCI image-spec
 * v1.1, manifest.md; Docker Image Manifest V2, Schema 2. What comes out is what
 * containers/image writes, byte for byte.
 */

import { InvalidManifestError } from "../../errors/image_errors.ts";
import { toBytes } from "../bytes.ts";
import type { Compression } from "../compression/decompress.ts";
import { sortedMembers, toGoJson } from "../go_json.ts";
import { asObject, type JsonObject, parseJson } from "../json.ts";
import type { RawManifest } from "./blob_source.ts";
import type { Descriptor } from "./descriptor.ts";
import { digestOf } from "./digest_of.ts";
import {
  compressionOf,
  DOCKER_CONFIG,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from "./media_types.ts";

/** The two families of manifests. */
export type ManifestFormat = "oci" | "v2s2";

/** What a new manifest says. */
export interface ManifestContent {
  readonly format: ManifestFormat;
  readonly config: Descriptor;
  /** From the base up. */
  readonly layers: readonly Descriptor[];
}

/** Which family a manifest or an index belongs to. */
export function formatOf(mediaType: string): ManifestFormat {
  return mediaType === DOCKER_MANIFEST || mediaType === DOCKER_LIST
    ? "v2s2"
    : "oci";
}

/** The media type of manifests of a format. */
export function manifestTypeOf(format: ManifestFormat): string {
  return format === "oci" ? OCI_MANIFEST : DOCKER_MANIFEST;
}

/** The media type of indexes of a format. */
function indexTypeOf(format: ManifestFormat): string {
  return format === "oci" ? OCI_INDEX : DOCKER_LIST;
}

/** The media type of configs of a format. */
export function configTypeOf(format: ManifestFormat): string {
  return format === "oci" ? OCI_CONFIG : DOCKER_CONFIG;
}

/**
 * The media type of a layer in a manifest of a format.
 *
 * @param mediaType What it was called so far: it tells what need not be shared.
 * @param compression How it is packed now; if omitted, as that type says.
 * @throws {InvalidManifestError} If the format has no type for it.
 */
export function layerTypeOf(
  format: ManifestFormat,
  mediaType: string,
  compression: Compression = compressionOf(mediaType),
): string {
  const isForeign = /nondistributable|foreign/.test(mediaType);
  const suffix = compression === "none" ? "" : compression;
  if (!["", "gzip", "zstd"].includes(suffix)) {
    throw unsupported(format, `a layer packed by ${compression}`);
  }
  if (format === "oci") {
    const kind = isForeign ? "layer.nondistributable" : "layer";
    const base = `application/vnd.oci.image.${kind}.v1.tar`;
    return suffix === "" ? base : `${base}+${suffix}`;
  }
  if (suffix === "zstd") throw unsupported(format, "a layer packed by zstd");
  const kind = isForeign ? "foreign.diff" : "diff";
  const base = `application/vnd.docker.image.rootfs.${kind}.tar`;
  return suffix === "" ? base : `${base}.${suffix}`;
}

function unsupported(
  format: ManifestFormat,
  what: string,
): InvalidManifestError {
  const other = format === "v2s2" ? "; use format oci, or gzip" : "";
  return new InvalidManifestError(
    `Cannot write a manifest of format ${format}: it has no type for ${what}` +
      other,
  );
}

/**
 * Writes a manifest. What the old one says besides stays if it is of the same
 * format; annotations of the image are lost in one of Docker's.
 */
export function rewriteManifest(
  old: RawManifest & { readonly format: ManifestFormat },
  { format, config, layers }: ManifestContent,
): RawManifest {
  const mediaType = manifestTypeOf(format);
  const kept: JsonObject = format === "oci" && old.format === "oci"
    ? asObject(parseJson(old.bytes, "manifest"), "manifest")
    : {};
  const order = format === "oci" ? ociDescriptor : dockerDescriptor;
  // It need not say which type it is, if it did not.
  const isUntyped = kept["config"] !== undefined &&
    kept["mediaType"] === undefined;
  return encode(mediaType, {
    schemaVersion: 2,
    mediaType: isUntyped ? undefined : mediaType,
    artifactType: kept["artifactType"],
    config: order(config),
    layers: layers.map(order),
    subject: kept["subject"],
    annotations: sortedMap(kept["annotations"]),
  });
}

/** Writes an index. */
export function rewriteIndex(
  old: RawManifest & { readonly format: ManifestFormat },
  { format, manifests }: {
    readonly format: ManifestFormat;
    /** In the order of the old ones. */
    readonly manifests: readonly Descriptor[];
  },
): RawManifest {
  const mediaType = indexTypeOf(format);
  const document = asObject(parseJson(old.bytes, "index"), "index");
  const isKept = format === old.format;
  const entries = document["manifests"];
  const others = Array.isArray(entries) ? entries : [];
  return encode(mediaType, {
    schemaVersion: 2,
    mediaType,
    artifactType: isKept ? document["artifactType"] : undefined,
    manifests: manifests.map((entry, index) => {
      const { digest, size, mediaType } = entry;
      const old = asObject(others[index], "index");
      const platform = isFilled(old["platform"])
        ? platformInOrder(old["platform"])
        : undefined;
      return format === "oci"
        ? { ...inOrder(old), mediaType, digest, size, platform }
        : { mediaType, size, digest, platform };
    }),
    subject: isKept ? document["subject"] : undefined,
    annotations: isKept ? sortedMap(document["annotations"]) : undefined,
  });
}

function platformInOrder(
  { architecture, os, ...others }: JsonObject,
): JsonObject {
  return { architecture, os, ...others };
}

/** The members of a descriptor as Go's structure has them. */
function inOrder(
  { mediaType, digest, size, urls, annotations, data, platform, ...others }:
    JsonObject,
): JsonObject {
  const sorted = sortedMap(annotations);
  const first = { mediaType, digest, size, urls, annotations: sorted };
  return { ...first, data, platform, ...others };
}

function encode(mediaType: string, document: JsonObject): RawManifest {
  const bytes = toBytes(toGoJson(document));
  return { bytes, mediaType, digest: digestOf(bytes) };
}

/** A map as Go writes it: an empty one not at all. */
function sortedMap(value: unknown): JsonObject | undefined {
  return isFilled(value) ? sortedMembers(value) : undefined;
}

function isFilled(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    Object.keys(value).length > 0;
}

function ociDescriptor(descriptor: Descriptor): JsonObject {
  const { mediaType, digest, size, urls, annotations } = descriptor;
  return {
    mediaType,
    digest,
    size,
    urls: urls?.length === 0 ? undefined : urls,
    annotations: sortedMap(annotations),
  };
}

function dockerDescriptor(descriptor: Descriptor): JsonObject {
  const { mediaType, digest, size, urls } = descriptor;
  return {
    mediaType,
    size,
    digest,
    urls: urls?.length === 0 ? undefined : urls,
  };
}
