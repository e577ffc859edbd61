import { assertEquals } from "@std/assert";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { parseImageConfig } from "../../src/formats/oci/image_config.ts";
import { parseManifest } from "../../src/formats/oci/manifest.ts";
import { makePauseImage } from "../../src/image/pause_image.ts";

// Change these only with the image's name: stores tell images by them.
const DIGESTS = {
  amd64:
    "sha256:6aa360578e9633c6250f429b3fb9dc489d3df60cc28aea8443ba47ffdc15f59b",
  arm64:
    "sha256:3866b86a18e0163e43954a739de6498adbd27caf3a948ee67e7b1a73ecc02ab5",
} as const;

for (const architecture of ["amd64", "arm64"] as const) {
  Deno.test(`makePauseImage() makes the same for ${architecture}`, () => {
    const { manifest } = makePauseImage(architecture);
    assertEquals(String(manifest.digest), DIGESTS[architecture]);
    assertEquals(manifest, makePauseImage(architecture).manifest);
  });

  Deno.test(`makePauseImage() makes an image for ${architecture}`, () => {
    const { manifest, blobs } = makePauseImage(architecture);
    const parsed = parseManifest(manifest);
    if (parsed.kind !== "manifest") throw new TypeError("expected no index");
    const described = [parsed.config, ...parsed.layers];
    assertEquals(
      described.map(({ digest, size }) => [digest, size]),
      [...blobs].map(([digest, bytes]) => [digest, bytes.byteLength]),
    );
    const bytes = blobs.get(parsed.config.digest) ?? new Uint8Array();
    const config = parseImageConfig(bytes, "config");
    assertEquals(config.architecture, architecture);
    assertEquals(config.config.Entrypoint, ["/pause"]);
    assertEquals(
      config.rootfs.diff_ids,
      parsed.layers.map((layer) => layer.digest),
    );
  });

  Deno.test(`makePauseImage() lays ${architecture} out by digest`, () => {
    const { layout } = makePauseImage(architecture);
    const names = [...layout.keys()];
    assertEquals(names.slice(0, 2), ["oci-layout", "index.json"]);
    const json = (name: string) =>
      JSON.parse(new TextDecoder().decode(layout.get(name)));
    assertEquals(json("oci-layout"), { imageLayoutVersion: "1.0.0" });
    const { manifest, name } = makePauseImage(architecture);
    assertEquals(name, "localhost/orlop/pause:1");
    assertEquals(json("index.json"), {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [{
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest: manifest.digest,
        size: manifest.bytes.length,
        platform: { architecture, os: "linux" },
      }],
    });
    for (const name of names.slice(2)) {
      const bytes = layout.get(name) ?? new Uint8Array();
      assertEquals(`blobs/sha256/${digestOf(bytes).slice(7)}`, name);
    }
  });
}
