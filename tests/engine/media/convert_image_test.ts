import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  convertConfig,
  convertImage,
  retype,
  rewriteIfChanged,
} from "../../../src/engine/media/convert_image.ts";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { parseImageConfig } from "../../../src/formats/oci/image_config.ts";
import type { ResolvedImage } from "../../../src/formats/oci/image_sink.ts";
import { parseManifest } from "../../../src/formats/oci/manifest.ts";
import {
  OCI_CONFIG,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";

const DOCKER = "application/vnd.docker.";
const DOCKER_MANIFEST = `${DOCKER}distribution.manifest.v2+json`;
const DOCKER_CONFIG = `${DOCKER}container.image.v1+json`;
const DOCKER_LAYER = `${DOCKER}image.rootfs.diff.tar.gzip`;
const LAYER = digestOf(toBytes("layer"));
const CONFIG = {
  ...{ architecture: "amd64", os: "linux", config: { Cmd: ["/a"] } },
  "docker_version": "20",
  rootfs: { type: "layers", "diff_ids": [LAYER] },
};

function image(
  format: "oci" | "v2s2",
  layerType = format === "oci" ? OCI_LAYER_GZIP : DOCKER_LAYER,
): ResolvedImage {
  const configBytes = toBytes(JSON.stringify(CONFIG));
  const mediaType = format === "oci" ? OCI_MANIFEST : DOCKER_MANIFEST;
  const bytes = toBytes(JSON.stringify({
    ...{ schemaVersion: 2, mediaType },
    config: {
      mediaType: format === "oci" ? OCI_CONFIG : DOCKER_CONFIG,
      ...{ digest: digestOf(configBytes), size: configBytes.length },
    },
    layers: [{ mediaType: layerType, digest: LAYER, size: 5 }],
  }));
  const raw = { bytes, mediaType, digest: digestOf(bytes) };
  const manifest = parseManifest(raw);
  if (manifest.kind === "index") throw new Error("it is no index");
  const config = parseImageConfig(configBytes, "config");
  return { indexes: [raw], raw, manifest, configBytes, config };
}

Deno.test("convertImage() leaves an image that has the format", () => {
  for (const format of ["oci", "v2s2"] as const) {
    const made = image(format);
    assert(convertImage(made, format) === made);
    assertEquals(convertConfig(made, format), {
      ...{ blob: made.manifest.config, bytes: made.configBytes },
    });
  }
});

Deno.test("convertImage() makes an image of the other format", async (t) => {
  const types = {
    oci: [OCI_MANIFEST, OCI_CONFIG, OCI_LAYER_GZIP],
    v2s2: [DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER],
  } as const;
  for (const [from, to] of [["oci", "v2s2"], ["v2s2", "oci"]] as const) {
    await t.step(`${from} to ${to}`, () => {
      const made = image(from);
      const converted = convertImage(made, to);
      const { manifest, raw, indexes, configBytes, config } = converted;
      assertEquals(indexes, []);
      const [manifestType, configType, layerType] = types[to];
      assertEquals(
        [manifest.mediaType, manifest.config.mediaType],
        [manifestType, configType],
      );
      assertEquals(manifest.layers, [
        { mediaType: layerType, digest: LAYER, size: 5 },
      ]);
      assertEquals(
        [raw.mediaType, raw.digest, manifest.digest],
        [manifestType, digestOf(raw.bytes), raw.digest],
      );
      assertEquals(manifest.config, {
        ...{ mediaType: configType, digest: digestOf(configBytes) },
        size: configBytes.length,
      });
      const isSame = digestOf(configBytes) === digestOf(made.configBytes);
      assertEquals(isSame, to === "v2s2");
      assertEquals(config.config.Cmd, ["/a"]);
      const parsed = parseManifest(raw);
      assertEquals({ ...parsed, annotations: {} }, {
        ...{ ...manifest, annotations: {} },
      });
    });
  }
});

Deno.test("convertImage() has no type for some layers of Docker", () => {
  const zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
  assertThrows(
    () => convertImage(image("oci", zstd), "v2s2"),
    InvalidManifestError,
  );
});

Deno.test("retype() changes only the other format's types", () => {
  const blob = (mediaType: string) => ({ mediaType, digest: LAYER, size: 5 });
  const [oci, docker] = [blob(OCI_LAYER_GZIP), blob(DOCKER_LAYER)];
  assert(retype(oci, "oci") === oci);
  assert(retype(docker, "v2s2") === docker);
  assertEquals(retype(oci, "v2s2"), docker);
  assertEquals(retype(docker, "oci"), oci);
});

Deno.test("rewriteIfChanged() keeps the bytes of what is the same", async (t) => {
  const made = image("oci");
  const { manifest, raw } = made;
  const { config, layers } = manifest;
  const same = { format: "oci", config, layers } as const;
  assertEquals(rewriteIfChanged(made, same), {
    ...{ bytes: raw.bytes, digest: raw.digest, mediaType: OCI_MANIFEST },
  });
  const other = digestOf(toBytes("other"));
  const changes = {
    "another config": { ...same, config: { ...config, digest: other } },
    "another layer": {
      ...same,
      layers: layers.map((layer) => ({ ...layer, digest: other })),
    },
    "a layer of another type": {
      ...same,
      layers: layers.map((layer) => ({
        ...layer,
        mediaType: "application/vnd.oci.image.layer.v1.tar+zstd",
      })),
    },
    "one layer more": { ...same, layers: [...layers, ...layers] },
    "another format": { ...same, format: "v2s2" },
  } as const;
  for (const [name, content] of Object.entries(changes)) {
    await t.step(name, () => {
      const { bytes, digest } = rewriteIfChanged(made, content);
      assert(digest !== raw.digest);
      assertEquals(digest, digestOf(bytes));
    });
  }
});
