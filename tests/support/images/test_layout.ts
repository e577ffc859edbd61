/** OCI layouts made by code: small, but real enough for every tool. */

import {
  type Bytes,
  concatBytes,
  toBytes,
} from "../../../src/formats/bytes.ts";
import type {
  Descriptor,
  Platform,
} from "../../../src/formats/oci/descriptor.ts";
import { hexOf } from "../../../src/formats/oci/digest.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";

/** An image in a layout. */
export interface TestImage {
  readonly layout: string;
  readonly manifest: Descriptor;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  /** Of the first layer. */
  readonly layerBytes: Bytes;
}

/** How an image is to be. */
export interface TestImageOptions {
  /** Its name in the layout; `latest` is the default. */
  readonly ref?: string;
  /** Bytes of the first layer, about; it does not compress. */
  readonly layerSize?: number;
  /** If given, the image becomes the second of an index. */
  readonly platform?: Platform;
}

/** Writes a layout with one image of two layers. */
export async function writeTestLayout(
  layout: string,
  options: TestImageOptions = {},
): Promise<TestImage> {
  const { layerSize = 5000, ref = "latest", platform } = options;
  await Deno.mkdir(`${layout}/blobs/sha256`, { recursive: true });
  const tars = [emptyTar(layerSize), emptyTar(100)];
  const packed = await Promise.all(tars.map(gzip));
  const layers = await Promise.all(
    packed.map((bytes) => writeBlob(layout, bytes, OCI_LAYER_GZIP)),
  );
  const config = await writeJson(layout, OCI_CONFIG, {
    architecture: platform?.architecture ?? "amd64",
    os: "linux",
    config: { Cmd: ["/bin/true"] },
    rootfs: { type: "layers", "diff_ids": tars.map((tar) => digestOf(tar)) },
  });
  const body = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers };
  const manifest = await writeJson(layout, OCI_MANIFEST, body);
  const top = platform === undefined
    ? manifest
    : await writeIndex(layout, { ...manifest, platform });
  await writeTop(layout, top, ref);
  const [layerBytes = new Uint8Array()] = packed;
  return { layout, manifest, config, layers, layerBytes };
}

/** Writes a blob into a layout. */
export async function writeBlob(
  layout: string,
  bytes: Bytes,
  mediaType: string,
): Promise<Descriptor> {
  const digest = digestOf(bytes);
  await Deno.writeFile(`${layout}/blobs/sha256/${hexOf(digest)}`, bytes);
  return { mediaType, digest, size: bytes.byteLength };
}

async function writeJson(
  layout: string,
  mediaType: string,
  value: unknown,
): Promise<Descriptor> {
  return await writeBlob(layout, toBytes(JSON.stringify(value)), mediaType);
}

async function writeIndex(
  layout: string,
  entry: Descriptor,
): Promise<Descriptor> {
  return await writeJson(layout, OCI_INDEX, {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: [entry],
  });
}

async function writeTop(
  layout: string,
  top: Descriptor,
  ref: string,
): Promise<void> {
  const annotations = { "org.opencontainers.image.ref.name": ref };
  await Deno.writeTextFile(
    `${layout}/oci-layout`,
    JSON.stringify({ imageLayoutVersion: "1.0.0" }),
  );
  await Deno.writeTextFile(
    `${layout}/index.json`,
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...top, annotations }] }),
  );
}

/** Two zero blocks, and what follows them, which belongs to the diff ID. */
function emptyTar(padding: number): Bytes {
  const noise = new Uint8Array(padding);
  for (let at = 0; at < padding; at += 65536) {
    crypto.getRandomValues(noise.subarray(at, at + 65536));
  }
  return concatBytes([new Uint8Array(1024), noise]);
}

async function gzip(bytes: Bytes): Promise<Bytes> {
  const packed = new Blob([bytes]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return await new Response(packed).bytes();
}
