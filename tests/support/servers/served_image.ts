/** Images in memory, and a registry for them that a test can make misbehave. */

import { type Bytes, toBytes } from "../../../src/formats/bytes.ts";
import { detectCompression } from "../../../src/formats/compression/decompress.ts";
import type { Descriptor } from "../../../src/formats/oci/descriptor.ts";
import type { Digest } from "../../../src/formats/oci/digest.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  OCI_CONFIG,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";
import type { LayoutLayer } from "../images/layer_layout.ts";
import { type SeenRequest, serveHostile } from "./hostile_server.ts";

/** A layer, perhaps under another media type than it should have. */
export interface MadeLayer extends LayoutLayer {
  readonly mediaType?: string;
}

/** An image, and all blobs that belong to it. */
export interface MadeImage {
  /** What its tag stands for. */
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** Configs and layers; manifests, too. */
  readonly blobs: ReadonlyMap<string, Bytes>;
}

/** What an image is to have in place of what it should have. */
export interface MadeImageOptions {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** Makes an image. */
export function makeImage(
  layers: readonly MadeLayer[],
  options: MadeImageOptions = {},
): MadeImage {
  const blobs = new Map<string, Bytes>();
  const put = (bytes: Bytes, mediaType: string): Descriptor => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.byteLength };
  };
  const descriptors = layers.map((layer) =>
    put(layer.blob, layer.mediaType ?? typeOf(layer.blob))
  );
  const config = put(
    toJson({
      architecture: "amd64",
      os: "linux",
      config: {},
      rootfs: { type: "layers", "diff_ids": layers.map((l) => l.diffId) },
      ...options.config,
    }),
    OCI_CONFIG,
  );
  const mediaType = String(options.manifest?.["mediaType"] ?? OCI_MANIFEST);
  const manifest = put(
    toJson({
      schemaVersion: 2,
      mediaType,
      config,
      layers: descriptors,
      ...options.manifest,
    }),
    mediaType,
  );
  return { manifest, config, layers: descriptors, blobs };
}

/** Puts an index, or any other manifest, in front of images. */
export function withManifest(
  images: readonly MadeImage[],
  body: Readonly<Record<string, unknown>>,
): MadeImage {
  const [first] = images;
  if (first === undefined) throw new Error("no image");
  const bytes = toJson(body);
  const digest = digestOf(bytes);
  const mediaType = String(body["mediaType"]);
  return {
    ...first,
    manifest: { mediaType, digest, size: bytes.byteLength },
    blobs: new Map([
      ...images.flatMap(({ blobs }) => [...blobs]),
      [digest, bytes],
    ]),
  };
}

/** A request that a registry gets. */
export interface RegistryRequest {
  readonly request: Request;
  readonly kind: "blob" | "manifest" | "other";
  /** A tag or a digest. */
  readonly name: string;
}

/** Answers in place of the registry; undefined leaves it to it. */
export type Misbehave = (
  asked: RegistryRequest,
) => Response | undefined | Promise<Response | undefined>;

/** A registry that has one image under all names. */
export interface ImageRegistry extends AsyncDisposable {
  readonly host: string;
  /** The image's name there. */
  readonly name: string;
  readonly requests: readonly SeenRequest[];
  /** The `Range` headers of all requests for a blob, `""` for none. */
  rangesOf(digest: Digest): readonly string[];
}

/** Serves an image: `await using registry = serveImage(image);`. */
export function serveImage(
  image: MadeImage,
  misbehave: Misbehave = () => undefined,
): ImageRegistry {
  const server = serveHostile(async (request) => {
    const asked = readRequest(request);
    return await misbehave(asked) ?? answer(image, asked);
  });
  return {
    host: server.host,
    name: `${server.host}/app:1`,
    requests: server.requests,
    rangesOf: (digest) =>
      server.requests
        .filter(({ url }) => url.endsWith(`/blobs/${digest}`))
        .map(({ headers }) => headers.get("range") ?? ""),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** What an honest registry answers, ranges included. */
export function answer(
  { blobs, manifest }: MadeImage,
  { request, kind, name }: RegistryRequest,
): Response {
  if (kind === "other") return new Response();
  const isTag = kind === "manifest" && !name.includes(":");
  const bytes = blobs.get(isTag ? manifest.digest : name);
  if (bytes === undefined) return new Response(null, { status: 404 });
  if (kind === "manifest") return answerManifest(bytes);
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.get("range") ?? "") ??
    [];
  if (from === undefined) return new Response(bytes);
  const range = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
  return new Response(bytes.subarray(Number(from)), {
    status: 206,
    headers: { "content-range": range },
  });
}

/** Sends the beginning of a blob, then nothing until the client goes. */
export function sendHalf(bytes: Bytes, count = bytes.length >> 1): Response {
  const body = new ReadableStream<Bytes>({
    type: "bytes",
    start: (controller) => controller.enqueue(bytes.slice(0, count)),
  });
  return new Response(body, {
    headers: { "content-length": `${bytes.length}` },
  });
}

/** Sends the beginning of a blob, then breaks the connection. */
export function sendBroken(bytes: Bytes, count = bytes.length >> 1): Response {
  let isSent = false;
  const body = new ReadableStream<Bytes>({
    type: "bytes",
    pull(controller) {
      if (isSent) return controller.error(new Error("broken"));
      isSent = true;
      controller.enqueue(bytes.slice(0, count));
    },
  });
  return new Response(body, {
    headers: { "content-length": `${bytes.length}` },
  });
}

/** Bytes that do not compress. */
export function noise(size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65536));
  }
  return bytes;
}

/** The bytes of a value as JSON. */
export function toJson(value: unknown): Bytes {
  return toBytes(JSON.stringify(value));
}

function readRequest(request: Request): RegistryRequest {
  const [, kind, name = ""] =
    /\/(blobs|manifests)\/([^/?]+)/.exec(new URL(request.url).pathname) ?? [];
  if (kind === undefined) return { request, kind: "other", name };
  return { request, kind: kind === "blobs" ? "blob" : "manifest", name };
}

function answerManifest(bytes: Bytes): Response {
  const { mediaType, schemaVersion } = JSON.parse(
    new TextDecoder().decode(bytes),
  );
  const type = mediaType ??
    (schemaVersion === 1
      ? "application/vnd.docker.distribution.manifest.v1+prettyjws"
      : "application/json");
  return new Response(bytes, { headers: { "content-type": type } });
}

function typeOf(blob: Bytes): string {
  const compression = detectCompression(blob);
  const suffix = compression === "none" ? "" : `+${compression}`;
  return `application/vnd.oci.image.layer.v1.tar${suffix}`;
}
