import { assertEquals, assertThrows } from "@std/assert";
import {
  type CopyForm,
  planCopy,
} from "../../../src/engine/media/plan_copy.ts";
import { ChangedDigestError } from "../../../src/errors/image_errors.ts";
import type { Descriptor } from "../../../src/formats/oci/descriptor.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import type { ImageMedium } from "../../../src/formats/oci/image_medium.ts";
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_TAR,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";
import { layerTypeOf } from "../../../src/formats/oci/rewrite_manifest.ts";

type Medium = Pick<ImageMedium, "manifestTypes" | "layers">;
type Packing = "none" | "gzip" | "zstd";

const OCI = [OCI_MANIFEST, OCI_INDEX];
const REGISTRY: Medium = { manifestTypes: [], layers: "compressed" };
const LAYOUT: Medium = { manifestTypes: OCI, layers: "compressed" };
const FOLDER: Medium = { manifestTypes: [], layers: "any" };
const ARCHIVE: Medium = {
  manifestTypes: [DOCKER_MANIFEST, DOCKER_LIST],
  layers: "uncompressed",
};

/** What becomes of an image of one layer: its format, and what is done. */
function plan(
  { format = "oci", packing, from }: {
    readonly format?: "oci" | "v2s2";
    readonly packing: Packing;
    readonly from?: "store";
  },
  medium: Medium,
  form?: CopyForm,
): string {
  const mediaType = layerTypeOf(format, OCI_LAYER_TAR, packing);
  const diffId = digestOf("plain");
  const digest = packing === "none" ? diffId : digestOf("packed");
  const layer: Descriptor = { mediaType, digest, size: 6 };
  const config = { mediaType: OCI_CONFIG, digest: digestOf("c"), size: 1 };
  const plain = { mediaType: OCI_LAYER_TAR, digest: diffId, size: 5 };
  const planned = planCopy(
    {
      manifest: {
        kind: "manifest",
        mediaType: format === "oci" ? OCI_MANIFEST : DOCKER_MANIFEST,
        digest: digestOf("m"),
        config,
        layers: [layer],
        annotations: {},
      },
      config: { ...NO_CONFIG, rootfs: { type: "layers", diff_ids: [diffId] } },
    },
    from === "store" ? { plainLayers: [plain] } : {},
    medium,
    form,
  );
  const [step] = planned.layers;
  const how = step?.kind === "pack"
    ? `pack ${step.packing.format}`
    : step?.kind;
  const isReusable = step !== undefined && "isReusable" in step &&
    step.isReusable && step.plain !== undefined;
  return `${planned.format}: ${isReusable ? "reuse, or " : ""}${how}`;
}

const NO_CONFIG = {
  created: undefined,
  author: undefined,
  architecture: "",
  os: "",
  variant: undefined,
  config: {
    ...{ User: "", ExposedPorts: [], Env: [], Entrypoint: [], Cmd: [] },
    ...{ Volumes: [], WorkingDir: "", Labels: {}, StopSignal: "" },
  },
  history: [],
};

Deno.test("planCopy() changes what must be changed, and nothing else", async (t) => {
  const gzip = { packing: "gzip" } as const;
  const none = { packing: "none" } as const;
  const zstd = { packing: "zstd" } as const;
  const docker = { ...gzip, format: "v2s2" } as const;
  const toZstd = { packing: { format: "zstd" } } as const;
  const toDocker = { format: "v2s2" } as const;
  const stored = { from: "store" } as const;
  const cases: readonly (readonly [
    string,
    Parameters<typeof plan>,
    string,
  ])[] = [
    ["gzip to a registry", [gzip, REGISTRY], "oci: keep"],
    ["zstd to a registry", [zstd, REGISTRY], "oci: keep"],
    ["plain to a registry", [none, REGISTRY], "oci: pack gzip"],
    ["plain to a folder", [none, FOLDER], "oci: keep"],
    ["gzip to an archive", [gzip, ARCHIVE], "v2s2: unpack"],
    ["zstd to an archive", [zstd, ARCHIVE], "v2s2: unpack"],
    ["plain to an archive", [none, ARCHIVE], "v2s2: keep"],
    ["Docker's to a registry", [docker, REGISTRY], "v2s2: keep"],
    ["Docker's to a layout", [docker, LAYOUT], "oci: keep"],
    ["gzip, as zstd", [gzip, REGISTRY, toZstd], "oci: pack zstd"],
    ["zstd, as zstd", [zstd, REGISTRY, toZstd], "oci: keep"],
    ["Docker's, as zstd", [docker, REGISTRY, toZstd], "oci: pack zstd"],
    ["zstd, as Docker's", [zstd, REGISTRY, toDocker], "v2s2: pack gzip"],
    [
      "gzip, uncompressed",
      [gzip, REGISTRY, { layers: "uncompressed" }],
      "oci: unpack",
    ],
    ["plain, as it is", [none, REGISTRY, { layers: "any" }], "oci: keep"],
    [
      "plain to a folder, compressed",
      [none, FOLDER, { layers: "compressed" }],
      "oci: pack gzip",
    ],
    [
      "a store's gzip to a registry",
      [{ ...gzip, ...stored }, REGISTRY],
      "oci: reuse, or pack gzip",
    ],
    [
      "a store's plain to a registry",
      [{ ...none, ...stored }, REGISTRY],
      "oci: pack gzip",
    ],
    [
      "a store's zstd, as Docker's",
      [{ ...zstd, ...stored }, REGISTRY, toDocker],
      "v2s2: pack gzip",
    ],
    [
      "a store's gzip, as zstd",
      [{ ...gzip, ...stored }, REGISTRY, toZstd],
      "oci: pack zstd",
    ],
    [
      "a store's gzip to a folder",
      [{ ...gzip, ...stored }, FOLDER],
      "oci: reuse, or unpack",
    ],
    [
      "a store's gzip to an archive",
      [{ ...gzip, ...stored }, ARCHIVE],
      "v2s2: unpack",
    ],
    [
      "a store's plain to an archive",
      [{ ...none, ...stored }, ARCHIVE],
      "v2s2: keep",
    ],
    [
      "plain, with its digest",
      [none, REGISTRY, { preserveDigests: true }],
      "oci: keep",
    ],
  ];
  for (const [name, asked, expected] of cases) {
    await t.step(name, () => assertEquals(plan(...asked), expected));
  }
});

Deno.test("planCopy() refuses a format that would change a digest", () => {
  const form = { preserveDigests: true, format: "v2s2" } as const;
  assertThrows(
    () => plan({ packing: "gzip" }, REGISTRY, form),
    ChangedDigestError,
    "has to be converted to format v2s2",
  );
});
