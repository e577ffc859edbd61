import { assertEquals, assertThrows } from "@std/assert";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { toBytes, toText } from "../../../src/formats/bytes.ts";
import type { Descriptor } from "../../../src/formats/oci/descriptor.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";
import {
  configTypeOf,
  formatOf,
  layerTypeOf,
  type ManifestFormat,
  manifestTypeOf,
  rewriteIndex,
  rewriteManifest,
} from "../../../src/formats/oci/rewrite_manifest.ts";

const CONFIG: Descriptor = {
  ...{ digest: digestOf("config"), size: 6, mediaType: "c" },
  ...{ urls: [], annotations: {} },
};
const LAYER: Descriptor = {
  ...{ annotations: { b: "2", a: "1" }, urls: ["https://q.io/x"] },
  ...{ size: 5, digest: digestOf("layer"), mediaType: "l" },
};

/** A manifest as it was, in a format. */
function old(format: ManifestFormat, document: unknown) {
  const bytes = toBytes(JSON.stringify(document));
  return { format, bytes, digest: digestOf(bytes), mediaType: "old" };
}

Deno.test("media types go by the format", () => {
  const formats = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST, "x"];
  assertEquals(formats.map(formatOf), ["oci", "oci", "v2s2", "v2s2", "oci"]);
  assertEquals(manifestTypeOf("oci"), OCI_MANIFEST);
  assertEquals(manifestTypeOf("v2s2"), DOCKER_MANIFEST);
  assertEquals(configTypeOf("oci"), "application/vnd.oci.image.config.v1+json");
  assertEquals(
    configTypeOf("v2s2"),
    "application/vnd.docker.container.image.v1+json",
  );
});

const OCI = "application/vnd.oci.image.";
const DOCKER = "application/vnd.docker.image.rootfs.";

Deno.test("layerTypeOf() keeps how a layer is packed, and whether it is shared", async (t) => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    [`${OCI}layer.v1.tar`, `${OCI}layer.v1.tar`, `${DOCKER}diff.tar`],
    [
      `${OCI}layer.v1.tar+gzip`,
      `${OCI}layer.v1.tar+gzip`,
      `${DOCKER}diff.tar.gzip`,
    ],
    [`${OCI}layer.v1.tar+zstd`, `${OCI}layer.v1.tar+zstd`, undefined],
    [
      `${OCI}layer.nondistributable.v1.tar+gzip`,
      `${OCI}layer.nondistributable.v1.tar+gzip`,
      `${DOCKER}foreign.diff.tar.gzip`,
    ],
    [
      `${DOCKER}diff.tar.gzip`,
      `${OCI}layer.v1.tar+gzip`,
      `${DOCKER}diff.tar.gzip`,
    ],
    [
      `${DOCKER}foreign.diff.tar.gzip`,
      `${OCI}layer.nondistributable.v1.tar+gzip`,
      `${DOCKER}foreign.diff.tar.gzip`,
    ],
  ];
  for (const [type, oci, docker] of cases) {
    await t.step(type, () => {
      assertEquals(layerTypeOf("oci", type), oci);
      if (docker !== undefined) {
        return assertEquals(layerTypeOf("v2s2", type), docker);
      }
      const error = assertThrows(
        () => layerTypeOf("v2s2", type),
        InvalidManifestError,
      );
      assertEquals(
        error.message,
        "Cannot write a manifest of format v2s2: it has no type for a layer " +
          "packed by zstd; use format oci, or gzip",
      );
    });
  }
  await t.step("as it is packed now", () => {
    const gzip = `${OCI}layer.v1.tar+gzip`;
    assertEquals(layerTypeOf("oci", gzip, "none"), `${OCI}layer.v1.tar`);
    assertEquals(layerTypeOf("oci", gzip, "zstd"), `${OCI}layer.v1.tar+zstd`);
    assertEquals(layerTypeOf("v2s2", gzip, "none"), `${DOCKER}diff.tar`);
    const error = assertThrows(
      () => layerTypeOf("oci", gzip, "xz"),
      InvalidManifestError,
    );
    assertEquals(
      error.message,
      "Cannot write a manifest of format oci: it has no type for a layer " +
        "packed by xz",
    );
  });
});

Deno.test("rewriteManifest() writes what containers/image does", async (t) => {
  const layer = `"digest":"${LAYER.digest}","size":5,"urls":["https://q.io/x"]`;
  const content = { config: CONFIG, layers: [LAYER] };
  const ociParts = `"config":{"mediaType":"c","digest":"${CONFIG.digest}",` +
    `"size":6},"layers":[{"mediaType":"l",${layer},` +
    `"annotations":{"a":"1","b":"2"}}]`;
  const dockerParts = `"config":{"mediaType":"c","size":6,` +
    `"digest":"${CONFIG.digest}"},"layers":[{"mediaType":"l","size":5,` +
    `"digest":"${LAYER.digest}","urls":["https://q.io/x"]}]`;
  const whole = {
    ...{ annotations: { z: "1", y: "2" }, subject: { size: 1 } },
    ...{ artifactType: "t", config: {}, mediaType: OCI_MANIFEST, odd: 1 },
  };
  const { mediaType: _, ...untyped } = whole;
  const kept = '"subject":{"size":1},"annotations":{"y":"2","z":"1"}';
  const cases: readonly (readonly [
    string,
    ReturnType<typeof old>,
    ManifestFormat,
    string,
  ])[] = [
    [
      "OCI's stays, sorted",
      old("oci", whole),
      "oci",
      `{"schemaVersion":2,"mediaType":"${OCI_MANIFEST}","artifactType":"t",` +
      `${ociParts},${kept}}`,
    ],
    [
      "it need not say its type, if it did not",
      old("oci", untyped),
      "oci",
      `{"schemaVersion":2,"artifactType":"t",${ociParts},${kept}}`,
    ],
    [
      "Docker's becomes OCI's, and typed",
      old("v2s2", untyped),
      "oci",
      `{"schemaVersion":2,"mediaType":"${OCI_MANIFEST}",${ociParts}}`,
    ],
    [
      "OCI's becomes Docker's, and loses annotations",
      old("oci", whole),
      "v2s2",
      `{"schemaVersion":2,"mediaType":"${DOCKER_MANIFEST}",${dockerParts}}`,
    ],
    [
      "Docker's stays",
      old("v2s2", whole),
      "v2s2",
      `{"schemaVersion":2,"mediaType":"${DOCKER_MANIFEST}",${dockerParts}}`,
    ],
  ];
  for (const [name, before, format, text] of cases) {
    await t.step(name, () => {
      const { bytes, mediaType, digest } = rewriteManifest(before, {
        ...{ ...content, format },
      });
      assertEquals(toText(bytes), text);
      assertEquals(mediaType, manifestTypeOf(format));
      assertEquals(digest, digestOf(bytes));
    });
  }
});

Deno.test("rewriteIndex() keeps what belongs to entries", async (t) => {
  const manifests = [{
    ...{ platform: { variant: "v8", os: "linux", architecture: "arm64" } },
    ...{ odd: 1, data: "e30=", urls: ["u"], annotations: { b: "2", a: "1" } },
    ...{ size: 1, digest: "sha256:old", mediaType: "old" },
  }, { platform: {}, mediaType: "old" }];
  const before = {
    ...{ annotations: { z: "1", y: "2" }, subject: { size: 1 } },
    ...{ artifactType: "t", manifests, odd: 1 },
  };
  const [first, second] = [CONFIG, LAYER];
  const platform = '"platform":{"architecture":"arm64","os":"linux",' +
    '"variant":"v8"}';
  await t.step("of OCI", () => {
    const { bytes, mediaType } = rewriteIndex(old("oci", before), {
      ...{ format: "oci", manifests: [first, second] },
    });
    assertEquals(mediaType, OCI_INDEX);
    assertEquals(
      toText(bytes),
      `{"schemaVersion":2,"mediaType":"${OCI_INDEX}","artifactType":"t",` +
        `"manifests":[{"mediaType":"c","digest":"${first.digest}","size":6,` +
        `"urls":["u"],"annotations":{"a":"1","b":"2"},"data":"e30=",` +
        `${platform},"odd":1},{"mediaType":"l","digest":"${second.digest}",` +
        '"size":5}],"subject":{"size":1},"annotations":{"y":"2","z":"1"}}',
    );
  });
  await t.step("of Docker's", () => {
    const { bytes, mediaType } = rewriteIndex(old("oci", before), {
      ...{ format: "v2s2", manifests: [first, second] },
    });
    assertEquals(mediaType, DOCKER_LIST);
    assertEquals(
      toText(bytes),
      `{"schemaVersion":2,"mediaType":"${DOCKER_LIST}","manifests":[` +
        `{"mediaType":"c","size":6,"digest":"${first.digest}",${platform}},` +
        `{"mediaType":"l","size":5,"digest":"${second.digest}"}]}`,
    );
  });
  await t.step("more than there were are refused", () => {
    const one = old("oci", { manifests: [] });
    assertThrows(
      () => rewriteIndex(one, { format: "oci", manifests: [first] }),
      SyntaxError,
      "Cannot read index: expected an object, got nothing",
    );
  });
});
