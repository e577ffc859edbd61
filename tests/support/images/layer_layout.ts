/** Writes OCI layouts of given layers. */

import { type Bytes, toBytes } from "../../../src/formats/bytes.ts";
import { detectCompression } from "../../../src/formats/compression/decompress.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";

/** A layer, and the digest of its archive. */
export interface LayoutLayer {
  readonly blob: Bytes;
  readonly diffId: string;
}

/**
 * Writes a layout with one image, tagged `latest`.
 *
 * @param run The `config` member of its config.
 * @param about Further members of its config.
 */
export async function writeLayout(
  directory: string,
  layers: readonly LayoutLayer[],
  run: Readonly<Record<string, unknown>> = {},
  about: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await Deno.mkdir(`${directory}/blobs/sha256`, { recursive: true });
  const descriptors = [];
  for (const { blob } of layers) {
    const compression = detectCompression(blob);
    const suffix = compression === "none" ? "" : `+${compression}`;
    descriptors.push(await put(blob, `layer.v1.tar${suffix}`));
  }
  const config = await put(
    json({
      ...about,
      architecture: "amd64",
      os: "linux",
      config: run,
      rootfs: { type: "layers", "diff_ids": layers.map((l) => l.diffId) },
    }),
    "config.v1+json",
  );
  const manifest = await put(
    json({ schemaVersion: 2, config, layers: descriptors }),
    "manifest.v1+json",
  );
  const annotations = { "org.opencontainers.image.ref.name": "latest" };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, annotations }] };
  await Deno.writeFile(`${directory}/index.json`, json(index));
  const layout = json({ imageLayoutVersion: "1.0.0" });
  await Deno.writeFile(`${directory}/oci-layout`, layout);

  async function put(bytes: Bytes, type: string) {
    const digest = digestOf(bytes);
    const path = `${directory}/blobs/sha256/${digest.slice(7)}`;
    await Deno.writeFile(path, bytes);
    const mediaType = `application/vnd.oci.image.${type}`;
    return { mediaType, digest, size: bytes.length };
  }
}

function json(value: unknown): Bytes {
  return toBytes(JSON.stringify(value));
}
