import { assertEquals } from "@std/assert";
import { planCopy } from "../../../src/engine/media/plan_copy.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { parseImageConfig } from "../../../src/formats/oci/image_config.ts";
import type { ImageManifest } from "../../../src/formats/oci/manifest.ts";
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";

Deno.test("planCopy() knows plain layers of docker archives by their digest", () => {
  const [plain, other] = [digestOf("plain"), digestOf("other")];
  const kinds = (layers: "any" | "compressed" | "uncompressed") =>
    [plain, other].map((digest) => {
      const image = { manifest: listing(digest), config: CONFIG };
      const medium = { manifestTypes: [], layers };
      return planCopy(image, {}, medium).layers.map(({ kind }) => kind);
    });
  assertEquals(kinds("compressed"), [["pack"], ["keep"]]);
  assertEquals(kinds("uncompressed"), [["keep"], ["unpack"]]);
  assertEquals(kinds("any"), [["keep"], ["keep"]]);
});

const CONFIG = parseImageConfig(
  toBytes(JSON.stringify({
    ...{ os: "linux", architecture: "amd64" },
    rootfs: { type: "layers", "diff_ids": [digestOf("plain")] },
  })),
  "config",
);

function listing(digest: ReturnType<typeof digestOf>): ImageManifest {
  return {
    ...{ kind: "manifest", mediaType: DOCKER_MANIFEST, annotations: {} },
    digest: digestOf("manifest"),
    config: { mediaType: DOCKER_CONFIG, digest: digestOf("config"), size: 1 },
    layers: [{ mediaType: DOCKER_LAYER_GZIP, digest, size: 5 }],
  };
}
