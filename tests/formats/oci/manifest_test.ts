import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import type { RawManifest } from "../../../src/formats/oci/blob_source.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { parseManifest } from "../../../src/formats/oci/manifest.ts";
import {
  compressionOf,
  DOCKER_CONFIG,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";

const CONFIG = { mediaType: OCI_CONFIG, digest: digestOf("c"), size: 1 };
const LAYER = { mediaType: OCI_LAYER_GZIP, digest: digestOf("l"), size: 2 };
const MANIFEST = { schemaVersion: 2, config: CONFIG, layers: [LAYER] };
const INDEX = {
  schemaVersion: 2,
  manifests: [{
    mediaType: OCI_MANIFEST,
    digest: digestOf("m"),
    size: 3,
    platform: {
      os: "linux",
      architecture: "arm",
      variant: "v7",
      features: null,
    },
  }],
};

Deno.test("parseManifest() reads manifests", async (t) => {
  for (const type of [OCI_MANIFEST, DOCKER_MANIFEST, "", "application/json"]) {
    await t.step(type || "no type", () => {
      const mediaType = type === DOCKER_MANIFEST ? { mediaType: type } : {};
      const manifest = parseManifest(raw({ ...MANIFEST, ...mediaType }, type));
      if (manifest.kind !== "manifest") throw new Error("not a manifest");
      assertEquals(manifest.layers, [LAYER]);
      assertEquals(manifest.config, CONFIG);
      assertEquals(manifest.annotations, {});
    });
  }
});

Deno.test("parseManifest() reads indexes", async (t) => {
  for (const type of [OCI_INDEX, DOCKER_LIST, ""]) {
    await t.step(type || "no type", () => {
      const index = parseManifest(raw(INDEX, type));
      if (index.kind !== "index") throw new Error("not an index");
      assertEquals(index.manifests[0]?.platform, {
        os: "linux",
        architecture: "arm",
        variant: "v7",
      });
    });
  }
});

Deno.test("parseManifest() refuses the rest", async (t) => {
  const layer = (change: object) => ({
    ...MANIFEST,
    layers: [{ ...LAYER, ...change }],
  });
  const cases: [name: string, document: unknown, why: string, type?: string][] =
    [
      ["an array", [], "expected an object"],
      ["version 3", { ...MANIFEST, schemaVersion: 3 }, "schemaVersion"],
      ["schema 1", { schemaVersion: 1, fsLayers: [] }, "schema 1"],
      [
        "schema 1 by type",
        MANIFEST,
        "schema 1",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
      ],
      [
        "another type",
        { ...MANIFEST, mediaType: "text/html" },
        "not supported",
      ],
      [
        "two types",
        { ...MANIFEST, mediaType: DOCKER_MANIFEST },
        "ambiguous",
        OCI_MANIFEST,
      ],
      [
        "Docker's, which does not say so",
        { ...MANIFEST, mediaType: undefined },
        "a Docker image whose manifest does not say so in its mediaType",
        DOCKER_MANIFEST,
      ],
      [
        "Docker's by its config",
        {
          ...{ ...MANIFEST, mediaType: undefined },
          config: { ...CONFIG, mediaType: DOCKER_CONFIG },
        },
        "a Docker image whose manifest does not say so in its mediaType",
      ],
      ["both kinds", { ...MANIFEST, manifests: [] }, "ambiguous", OCI_MANIFEST],
      ["layers in an index", { ...INDEX, layers: [] }, "ambiguous", OCI_INDEX],
      ["history", { ...MANIFEST, history: [] }, "ambiguous", OCI_MANIFEST],
      ["case variant", { ...MANIFEST, Layers: [] }, 'key "Layers"'],
      ["case variant in a layer", layer({ Size: 1 }), 'key "Size"'],
      ["negative size", layer({ size: -1 }), "layers[0].size"],
      ["fraction", layer({ size: 0.5 }), "layers[0].size"],
      ["absurd size", layer({ size: 2 ** 60 }), "layers[0].size"],
      [
        "hostile digest",
        layer({ digest: "sha256:../../etc/passwd" }),
        "layers[0].digest",
      ],
      [
        "encrypted",
        layer({ mediaType: OCI_LAYER_GZIP + "+encrypted" }),
        "encrypted",
      ],
      [
        "lz4",
        layer({ mediaType: "application/vnd.oci.image.layer.v1.tar+lz4" }),
        "not supported",
      ],
      ["artifact", {
        ...MANIFEST,
        artifactType: "text/x-sbom",
        config: { ...CONFIG, mediaType: "application/vnd.oci.empty.v1+json" },
      }, 'artifact of type "text/x-sbom"'],
      ["chart", {
        ...MANIFEST,
        config: {
          ...CONFIG,
          mediaType: "application/vnd.cncf.helm.config.v1+json",
        },
      }, "helm"],
      ["layers that are no list", { ...MANIFEST, layers: {} }, "layers"],
      ["huge index", {
        schemaVersion: 2,
        manifests: new Array(1001).fill(INDEX.manifests[0]),
      }, "more than 1000"],
    ];
  for (const [name, document, why, type] of cases) {
    await t.step(name, () => {
      const refused = () => parseManifest(raw(document, type ?? ""));
      assertThrows(refused, InvalidManifestError, why);
    });
  }
});

Deno.test("parseManifest() leaves entries alone that are for others", async (t) => {
  const [entry] = INDEX.manifests;
  const platform = { os: "linux", architecture: "s390x" };
  const read = (odd: unknown) =>
    parseManifest(raw({ ...INDEX, manifests: [odd, entry] }, OCI_INDEX));
  const usable: readonly [Record<string, unknown>, why: string][] = [
    [{ digest: "blake3:" + "a".repeat(64) }, "manifests[0].digest"],
    [{ digest: "sha256:../../etc/passwd" }, "manifests[0].digest"],
    [{ digest: undefined }, "manifests[0].digest: expected a string"],
    [{ size: -1 }, "manifests[0].size: expected a size"],
    [{ mediaType: null }, "manifests[0].mediaType: expected a string"],
  ];
  for (const [member, why] of usable) {
    await t.step(JSON.stringify(member), () => {
      const index = read({ ...entry, platform, ...member });
      if (index.kind !== "index") throw new Error("not an index");
      assertEquals(index.manifests.length, 1);
      assertEquals(index.unusable[0]?.platform, platform);
      assertStringIncludes(index.unusable[0]?.problem ?? "", why);
    });
  }
  // One of these, and Go reads none of the index.
  const fatal = [
    5,
    null,
    { ...entry, digest: 5 },
    { ...entry, size: "3" },
    { ...entry, size: 1.5 },
    { ...entry, mediaType: {} },
    { ...entry, urls: "x" },
    { ...entry, Digest: "x" },
    { ...entry, platform: "x" },
  ];
  for (const odd of fatal) {
    await t.step(JSON.stringify(odd), () => {
      assertThrows(() => read(odd), InvalidManifestError, "manifests[0]");
    });
  }
});

Deno.test("parseManifest() refuses what hides all images from tools in Go", async (t) => {
  const text = JSON.stringify(MANIFEST);
  const add = (members: string) => text.replace("{", `{${members},`);
  const describe = (members: string) =>
    text.replace('"config":{', `"config":{${members},`);
  const cases: [document: string, why: string][] = [
    [text.replace('"schemaVersion":2', '"schemaVersion":2.0'), "is not 2"],
    [text.replace('"schemaVersion":2', '"schemaVersion":2e0'), "is not 2"],
    [text.replace(/"size":(\d+)/, '"size":$1.0'), "expected an integer"],
    [describe('"data":5'), "config.data: expected a string"],
    [describe('"data":"%%%="'), "config.data: it is no Base64"],
    [describe('"data":"YQ"'), "config.data: it is no Base64"],
    [describe('"platform":{"os.features":"x"}'), "os.features"],
    [describe('"platform":{"OS.Version":5}'), 'looks like "os.version"'],
    [describe('"platform":{"os.version":5}'), "os.version: expected a string"],
    [describe('"platform":{"Features":5}'), 'looks like "features"'],
    [add('"subject":5'), "subject: expected an object"],
    [add('"artifactType":5'), "artifactType: expected a string"],
  ];
  for (const [document, why] of cases) {
    await t.step(document.slice(0, 60), () => {
      const bytes = toBytes(document);
      const manifest = { bytes, mediaType: "", digest: digestOf(bytes) };
      assertThrows(() => parseManifest(manifest), InvalidManifestError, why);
    });
  }
  await t.step("and no more", () => {
    const bytes = toBytes(describe('"data":"YQ==","platform":{"x":1.0}'));
    parseManifest({ bytes, mediaType: "", digest: digestOf(bytes) });
  });
});

Deno.test("compressionOf() reports how layers say that they are packed", () => {
  const oci = "application/vnd.oci.image.layer";
  const docker = "application/vnd.docker.image.rootfs";
  const types: Readonly<Record<string, string>> = {
    [OCI_LAYER_GZIP]: "gzip",
    [`${oci}.v1.tar`]: "none",
    [`${oci}.v1.tar+zstd`]: "zstd",
    [`${oci}.nondistributable.v1.tar`]: "none",
    [`${oci}.nondistributable.v1.tar+gzip`]: "gzip",
    [`${oci}.v1.tar+xz`]: "xz",
    [`${oci}.v1.tar+bzip2`]: "bzip2",
    [`${docker}.diff.tar`]: "none",
    [`${docker}.diff.tar.zstd`]: "zstd",
    [`${docker}.foreign.diff.tar.gzip`]: "gzip",
    "application/octet-stream": "gzip",
    "": "gzip",
  };
  for (const [mediaType, compression] of Object.entries(types)) {
    assertEquals(compressionOf(mediaType), compression, mediaType);
  }
});

function raw(document: unknown, mediaType: string): RawManifest {
  const bytes = toBytes(JSON.stringify(document));
  return { bytes, mediaType, digest: digestOf(bytes) };
}
