/** Makers of images that are odd in one thing. */

import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Bytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  DOCKER_MANIFEST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";
import {
  answer,
  type ImageRegistry,
  type MadeImage,
  type MadeImageOptions,
  makeImage,
  type Misbehave,
  serveImage,
  toJson,
  withManifest,
} from "../servers/served_image.ts";
import { archive, file } from "./tar_builder.ts";

/** An image, and how it is served. */
export interface OddImage {
  readonly image: MadeImage;
  /** Of its manifests; `""` for none. */
  readonly contentType?: string;
  readonly misbehave?: Misbehave;
  /** In place of the tag, such as `@sha512:…`. */
  readonly reference?: string;
}

/** The archive of all of them. */
export const TAR: Bytes = archive(file("hello.txt", "hello"));
const BLOB: Bytes = new Uint8Array(gzipSync(TAR));
/** The layer of all of them. */
export const LAYER = { blob: BLOB, diffId: digestOf(TAR) };
const DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/** One that is not odd. */
export const PLAIN: MadeImage = make();
export const PLAIN_BYTES: Bytes = PLAIN.blobs.get(PLAIN.manifest.digest) ??
  toJson({});
export const AMD64 = { os: "linux", architecture: "amd64" };

/** Serves an image as it is to be served. */
export function serveOdd(
  { image, contentType, misbehave }: OddImage,
): ImageRegistry {
  return serveImage(image, async (asked) => {
    if (asked.kind !== "manifest" || contentType === undefined) {
      return await misbehave?.(asked);
    }
    const honest = answer(image, asked);
    const headers = contentType === "" ? {} : { "content-type": contentType };
    return new Response(await honest.bytes(), {
      status: honest.status,
      headers,
    });
  });
}

function make(options: MadeImageOptions = {}): MadeImage {
  return makeImage([LAYER], options);
}

/** Members that are undefined are left as they are, or left out: `config`. */
export function oci(
  manifest: Record<string, unknown>,
  config: Record<string, unknown> = {},
): MadeImage {
  const own = Object.hasOwn(manifest, "config") &&
    manifest["config"] === undefined;
  const { config: _, ...rest } = manifest;
  return make({ config, manifest: own ? rest : manifest });
}

export function docker(
  { config = {}, manifest = {}, content = {} }: {
    readonly config?: Record<string, unknown>;
    readonly manifest?: Record<string, unknown>;
    readonly content?: Record<string, unknown>;
  } = {},
): MadeImage {
  const made = make({ config: content });
  return make({
    config: content,
    manifest: {
      mediaType: DOCKER_MANIFEST,
      config: {
        ...made.config,
        mediaType: "application/vnd.docker.container.image.v1+json",
        ...config,
      },
      layers: made.layers.map((layer) => ({
        ...layer,
        mediaType: DOCKER_LAYER,
      })),
      ...manifest,
    },
  });
}

/** Its manifest has these bytes. */
export function raw(bytes: Bytes): MadeImage {
  const digest = digestOf(bytes);
  return {
    ...PLAIN,
    manifest: { ...PLAIN.manifest, digest, size: bytes.length },
    blobs: new Map([...PLAIN.blobs, [digest, bytes]]),
  };
}

export function otherArchitecture(): MadeImage {
  return makeImage([LAYER], { config: { architecture: "s390x" } });
}

export function index(
  entries: readonly Record<string, unknown>[],
  mediaType = OCI_INDEX,
  image = PLAIN,
): MadeImage {
  return withManifest([image], {
    schemaVersion: 2,
    mediaType,
    manifests: entries.map((entry) => ({ ...image.manifest, ...entry })),
  });
}

export function nested(): MadeImage {
  const inner = index([{ platform: AMD64 }]);
  return withManifest([inner], {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [{ ...inner.manifest, platform: AMD64 }],
  });
}

/** The layer, or the config, is named by another algorithm. */
export function withDigests(
  algorithm: string,
  what: "layer" | "config",
): MadeImage {
  const named = what === "layer" ? BLOB : PLAIN.blobs.get(PLAIN.config.digest);
  const digest = shaOf(algorithm, named ?? BLOB);
  const manifest = what === "layer"
    ? { layers: PLAIN.layers.map((layer) => ({ ...layer, digest })) }
    : { config: { ...PLAIN.config, digest } };
  const image = oci(manifest);
  return {
    ...image,
    blobs: new Map([...image.blobs, [digest, named ?? BLOB]]),
  };
}

export function shaOf(algorithm: string, bytes: Bytes): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}

/** Blobs and manifests with a Content-Encoding, which is right or is not. */
export function packing(how: "packed" | "said"): Misbehave {
  return ({ kind, name }) => {
    const bytes = kind === "manifest" ? PLAIN_BYTES : PLAIN.blobs.get(name);
    if (kind === "other" || bytes === undefined) return undefined;
    const body = how === "packed" ? new Uint8Array(gzipSync(bytes)) : bytes;
    const headers = { "content-encoding": "gzip" };
    const type = kind === "manifest" ? { "content-type": OCI_MANIFEST } : {};
    return new Response(body, { headers: { ...headers, ...type } });
  };
}
