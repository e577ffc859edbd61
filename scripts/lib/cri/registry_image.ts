/** Images as a registry gets them: bytes, in one platform. */

import { gzipSync } from "node:zlib";
import { type Bytes, toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { archive, file } from "../../../tests/support/images/tar_builder.ts";

/** What makes an image. */
export interface RegistryImage {
  /** As they are pushed. */
  readonly layers: readonly Bytes[];
  readonly config: Bytes;
  readonly manifest: Bytes;
}

/** The media type of a manifest. */
export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";

/**
 * Puts an image together.
 *
 * @param layers Archives, the base first.
 * @param run The `config` member of its config.
 */
export function assembleImage(
  layers: readonly Bytes[],
  run: Readonly<Record<string, unknown>> = {},
  { compression = "none" }: { readonly compression?: "none" | "gzip" } = {},
): RegistryImage {
  const isZipped = compression === "gzip";
  const blobs = isZipped
    ? layers.map((layer) => new Uint8Array(gzipSync(layer)))
    : layers;
  const config = toBytes(JSON.stringify({
    architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    os: "linux",
    config: run,
    rootfs: { type: "layers", "diff_ids": layers.map(digestOf) },
  }));
  const manifest = toBytes(JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: describe(config, "config.v1+json"),
    layers: blobs.map((blob) =>
      describe(blob, isZipped ? "layer.v1.tar+gzip" : "layer.v1.tar")
    ),
  }));
  return { layers: blobs, config, manifest };
}

/**
 * Makes the image that critest pulls by digest. What is in it depends on the
 * architecture alone, as its digest is compiled into critest.
 */
export function makeDigestImage(): RegistryImage {
  return assembleImage([archive(file("stand-in", "pulled by digest\n"))]);
}

/** Copies an image to a registry on loopback, such as `http://127.0.0.1:5000`. */
export async function pushImage(
  registry: string,
  { image, repository, tag }: {
    readonly image: RegistryImage;
    readonly repository: string;
    readonly tag: string;
  },
): Promise<void> {
  const address = `${registry}/v2/${repository}`;
  for (const blob of [...image.layers, image.config]) {
    await pushBlob(address, blob);
  }
  await request(`${address}/manifests/${tag}`, {
    method: "PUT",
    headers: { "content-type": MANIFEST_TYPE },
    body: image.manifest,
  });
}

async function pushBlob(address: string, blob: Bytes): Promise<void> {
  const digest = digestOf(blob);
  const begun = await request(`${address}/blobs/uploads/`, { method: "POST" });
  const upload = new URL(begun.headers.get("location") ?? "", address);
  upload.searchParams.set("digest", digest);
  await request(upload.href, {
    method: "PUT",
    headers: { "content-type": "application/octet-stream" },
    body: blob,
  });
}

async function request(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (response.ok) return response;
  throw new Error(`Cannot push to "${url}": ${response.status} ${text}`);
}

function describe(content: Bytes, type: string) {
  return {
    mediaType: `application/vnd.oci.image.${type}`,
    digest: digestOf(content),
    size: content.byteLength,
  };
}
