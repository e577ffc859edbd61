import { assertEquals, assertThrows } from "@std/assert";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { listBlobs } from "../../../src/formats/oci/list_blobs.ts";
import {
  ACCEPTED_MANIFESTS,
  compressionOf,
  compressionOfLayer,
  DOCKER_CONFIG,
  DOCKER_LIST,
  DOCKER_MANIFEST,
  isIndexType,
  isManifestType,
  isSchema1Type,
  mediaTypeOf,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";

Deno.test("compressionOf() reads layers' media types", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["application/vnd.oci.image.layer.v1.tar", "none"],
    ["application/vnd.oci.image.layer.v1.tar+gzip", "gzip"],
    ["application/vnd.oci.image.layer.v1.tar+zstd", "zstd"],
    ["application/vnd.oci.image.layer.v1.tar+xz", "xz"],
    ["application/vnd.oci.image.layer.v1.tar+bzip2", "bzip2"],
    ["application/vnd.docker.image.rootfs.diff.tar.gzip", "gzip"],
    ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "gzip"],
    ["application/octet-stream", "gzip"],
    ["", "gzip"],
    ["x.tar+gzip; y", "gzip"],
  ];
  for (const [type, compression] of cases) {
    await t.step(type, () => assertEquals(compressionOf(type), compression));
  }
  const refused: readonly (readonly [string, string])[] = [
    ["x.tar+lz4", "it is packed by lz4"],
    ["x.tar.br", "it is packed by br"],
    ["x.tar+gzip+encrypted", "the layer is encrypted"],
    ["x.tar+encrypted", "the layer is encrypted"],
  ];
  for (const [type, why] of refused) {
    await t.step(type, () => {
      const error = assertThrows(
        () => compressionOf(type),
        InvalidManifestError,
      );
      assertEquals(
        error.message,
        `Cannot unpack layer of type "${type}": ${why}, which is not supported`,
      );
    });
  }
});

Deno.test("compressionOfLayer() believes a diff ID more than a type", () => {
  const layer = { digest: digestOf("a"), mediaType: "x.tar+gzip" };
  assertEquals(compressionOfLayer(layer, digestOf("a")), "none");
  assertEquals(compressionOfLayer(layer, digestOf("b")), "gzip");
});

Deno.test("media types are told apart", async (t) => {
  const v1 = "application/vnd.docker.distribution.manifest.v1+";
  // A type; whether it is of a manifest, of an index, of Docker's schema 1.
  const cases: readonly (readonly [string, boolean, boolean, boolean])[] = [
    [OCI_MANIFEST, true, false, false],
    [DOCKER_MANIFEST, true, false, false],
    [OCI_INDEX, false, true, false],
    [DOCKER_LIST, false, true, false],
    [`${v1}json`, false, false, true],
    [`${v1}prettyjws`, false, false, true],
    [OCI_CONFIG, false, false, false],
    ["", false, false, false],
  ];
  for (const [type, ...expected] of cases) {
    await t.step(type, () => {
      const found = [isManifestType, isIndexType, isSchema1Type]
        .map((is) => is(type));
      assertEquals(found, expected);
    });
  }
  assertEquals(ACCEPTED_MANIFESTS, [
    ...[OCI_MANIFEST, DOCKER_MANIFEST, OCI_INDEX, DOCKER_LIST],
  ]);
});

Deno.test("mediaTypeOf() leaves parameters of a header out", () => {
  const headers = ["A/B; charset=utf-8", " a/b ", "a/b", "", null];
  assertEquals(headers.map(mediaTypeOf), ["a/b", "a/b", "a/b", "", ""]);
});

Deno.test("listBlobs() lists what belongs to an artifact, not to an image", async (t) => {
  const blob = (text: string, mediaType: string) => ({
    ...{ mediaType, digest: digestOf(text), size: text.length },
  });
  const [config, layer] = [blob("{}", "application/x"), blob("abc", "b")];
  const list = (document: unknown) =>
    listBlobs(toBytes(JSON.stringify(document)));
  await t.step("with its config first", () => {
    const layers = [layer];
    assertEquals(list({ config, layers }), [config, layer]);
    assertEquals(list({ config, layers, mediaType: OCI_MANIFEST }), [
      config,
      layer,
    ]);
    assertEquals(list({ config }), [config]);
  });
  await t.step("no image, and nothing else", () => {
    const others = [
      { config: blob("{}", OCI_CONFIG) },
      { config: blob("{}", DOCKER_CONFIG) },
      { config, mediaType: DOCKER_MANIFEST },
      { config, mediaType: OCI_INDEX },
      { layers: [layer] },
    ];
    assertEquals(others.map(list), others.map(() => undefined));
  });
  await t.step("none that are malformed", () => {
    const odd: readonly (readonly [unknown, string])[] = [
      [[], "Cannot read manifest: expected an object"],
      [{ config: 1 }, "Cannot read manifest, config: expected an object"],
      [
        { config, layers: {} },
        "Cannot read manifest, layers: expected an array",
      ],
      [
        { config, layers: [1] },
        "Cannot read manifest, layers: expected an object",
      ],
    ];
    for (const [document, why] of odd) {
      assertThrows(() => list(document), SyntaxError, why);
    }
  });
});
