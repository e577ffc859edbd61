/** Images that are not what they say, or not what orlop can use. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { digestOf } from "../../src/formats/digest.ts";
import {
  DOCKER_MANIFEST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../src/formats/media_types.ts";
import type { PullOptions } from "../../src/runtime/pull_image.ts";
import { pullStore } from "../support/pull_store.ts";
import {
  type MadeImage,
  makeImage,
  type Misbehave,
  noise,
  serveImage,
  toJson,
  withManifest,
} from "../support/served_image.ts";
import { layerOf } from "../support/stacked_layout.ts";

/** A pull that must fail and leave nothing. */
interface Refusal {
  readonly image?: MadeImage;
  /** In place of the tag. */
  readonly reference?: string;
  readonly options?: PullOptions;
  readonly misbehave?: Misbehave;
  readonly code: number;
  /** All are in the message. */
  readonly says: readonly string[];
}

const LAYER = await layerOf({ "file.bin": noise(100_000) });
const OTHER = await layerOf({ "other.bin": noise(100_000) });
const IMAGE = makeImage([LAYER]);
const { manifest: MANIFEST, config: CONFIG } = IMAGE;
const BLOB_DIGEST = digestOf(LAYER.blob);
const ENTRY = { ...MANIFEST, platform: { os: "linux", architecture: "amd64" } };
const INDEX = makeIndex([ENTRY]);

const WRONG_BYTES: Readonly<Record<string, Refusal>> = {
  "manifest, asked by digest": {
    reference: `@${MANIFEST.digest}`,
    misbehave: replace(MANIFEST.digest, makeManifestBytes(OTHER)),
    code: 5,
    says: [MANIFEST.digest],
  },
  "manifest of an index": {
    image: INDEX,
    misbehave: replace(MANIFEST.digest, makeManifestBytes(OTHER)),
    code: 5,
    says: [MANIFEST.digest],
  },
  "manifest's size in an index": {
    image: makeIndex([{ ...ENTRY, size: ENTRY.size - 1 }]),
    code: 5,
    says: [MANIFEST.digest, `${ENTRY.size}`, `${ENTRY.size - 1}`],
  },
  "manifest's digest in a header": {
    misbehave: ({ kind }) =>
      kind !== "manifest" ? undefined : new Response(
        IMAGE.blobs.get(
          MANIFEST.digest,
        ),
        {
          headers: {
            "content-type": OCI_MANIFEST,
            "docker-content-digest": digestOf("another"),
          },
        },
      ),
    code: 5,
    says: [MANIFEST.digest, digestOf("another")],
  },
  "config": {
    misbehave: replace(CONFIG.digest, new Uint8Array(CONFIG.size)),
    code: 5,
    says: [CONFIG.digest],
  },
  "config, longer": {
    misbehave: replace(CONFIG.digest, new Uint8Array(CONFIG.size + 1)),
    code: 5,
    says: [CONFIG.digest],
  },
  "layer": {
    misbehave: replace(BLOB_DIGEST, noise(LAYER.blob.length)),
    code: 5,
    says: [BLOB_DIGEST],
  },
  "layer, though another image's": {
    misbehave: replace(BLOB_DIGEST, pad(OTHER.blob, LAYER.blob.length)),
    code: 5,
    says: [BLOB_DIGEST],
  },
  "layer, shorter": {
    misbehave: replace(BLOB_DIGEST, LAYER.blob.slice(0, -10)),
    code: 5,
    says: [BLOB_DIGEST, `${LAYER.blob.length}`],
  },
  "layer, longer, with no length said": {
    misbehave: ({ name }) =>
      name === BLOB_DIGEST
        ? new Response(new Blob([LAYER.blob, noise(10)]).stream())
        : undefined,
    code: 5,
    says: [BLOB_DIGEST, `more than ${LAYER.blob.length} bytes`],
  },
  "layer's size in the manifest": {
    image: withLayers([{ ...IMAGE.layers[0], size: LAYER.blob.length - 1 }]),
    code: 5,
    says: [BLOB_DIGEST],
  },
  "diff ID": {
    image: makeImage([{ ...LAYER, diffId: digestOf("another") }]),
    code: 5,
    says: [BLOB_DIGEST, digestOf("another")],
  },
  "diff ID of a plain layer": {
    image: makeImage([{ blob: new Uint8Array(1024), diffId: digestOf("x") }]),
    code: 5,
    says: [digestOf(new Uint8Array(1024)), digestOf("x")],
  },
  "too few diff IDs": {
    image: makeImage([LAYER], {
      config: { rootfs: { type: "layers", "diff_ids": [] } },
    }),
    code: 5,
    says: ["0 diff_ids for 1 layers"],
  },
  "layer that is cut short": {
    image: makeImage([{ ...LAYER, blob: LAYER.blob.slice(0, 5000) }]),
    code: 5,
    says: [digestOf(LAYER.blob.slice(0, 5000))],
  },
  "layer that is no archive": {
    image: makeImage([{ blob: noise(5000), diffId: LAYER.diffId }]),
    code: 5,
    says: ["Cannot unpack layer"],
  },
};

const WRONG_KINDS: Readonly<Record<string, Refusal>> = {
  "foreign layer": ofLayerType(
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "foreign layers",
  ),
  "nondistributable layer": ofLayerType(
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "foreign layers",
  ),
  "encrypted layer": ofLayerType(
    "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
    "encrypted",
  ),
  "xz layer": ofLayerType(
    "application/vnd.oci.image.layer.v1.tar+xz",
    "not supported",
  ),
  "chart": {
    image: makeImage([LAYER], {
      manifest: {
        config: {
          ...CONFIG,
          mediaType: "application/vnd.cncf.helm.config.v1+json",
        },
      },
    }),
    code: 5,
    says: ["artifact of type", "helm"],
  },
  "artifact": {
    image: makeImage([], {
      manifest: {
        artifactType: "application/vnd.example.sbom",
        config: { ...CONFIG, mediaType: "application/vnd.oci.empty.v1+json" },
      },
    }),
    code: 5,
    says: ['artifact of type "application/vnd.example.sbom"'],
  },
  "schema 1": {
    image: withManifest([IMAGE], {
      schemaVersion: 1,
      name: "app",
      tag: "1",
      architecture: "amd64",
      fsLayers: [{ blobSum: BLOB_DIGEST }],
      history: [{ v1Compatibility: "{}" }],
    }),
    code: 5,
    says: ["Docker schema 1"],
  },
  "no manifest at all": {
    misbehave: ({ kind }) =>
      kind === "manifest" ? new Response("<html>hello</html>") : undefined,
    code: 5,
    says: ["Cannot read manifest"],
  },
  "two types": {
    misbehave: ({ kind }) =>
      kind === "manifest"
        ? new Response(IMAGE.blobs.get(MANIFEST.digest), {
          headers: { "content-type": DOCKER_MANIFEST },
        })
        : undefined,
    code: 5,
    says: ["ambiguous"],
  },
  "index for others": {
    image: makeIndex([{
      ...MANIFEST,
      platform: { os: "linux", architecture: "s390x" },
    }]),
    code: 3,
    says: ["no image for linux/amd64", "linux/s390x"],
  },
  "index, other platform wanted": {
    image: INDEX,
    options: { platform: { os: "linux", architecture: "arm64" } },
    code: 3,
    says: ["no image for linux/arm64", "linux/amd64"],
  },
  "image for others": {
    image: makeImage([LAYER], { config: { architecture: "s390x" } }),
    code: 3,
    says: ["linux/s390x", "linux/amd64"],
  },
  "index in index in index": {
    image: [1, 2, 3].reduce(
      (inner) => makeIndex([inner.manifest], inner),
      IMAGE,
    ),
    code: 5,
    says: ["nested deeper than 2"],
  },
};

const WRONG_ANSWERS: Readonly<Record<string, Refusal>> = {
  "no such image": {
    misbehave: ({ kind }) =>
      kind === "manifest" ? new Response(null, { status: 404 }) : undefined,
    code: 3,
    says: ["does not have it"],
  },
  "no such layer": {
    misbehave: ({ name }) =>
      name === BLOB_DIGEST ? new Response(null, { status: 404 }) : undefined,
    code: 3,
    says: [BLOB_DIGEST],
  },
  "encoded layer": {
    misbehave: ({ name }) =>
      name === BLOB_DIGEST
        ? new Response(LAYER.blob, { headers: { "content-encoding": "gzip" } })
        : undefined,
    code: 6,
    says: ['Content-Encoding "gzip"'],
  },
  "redirect without end": {
    misbehave: ({ kind, request }) =>
      kind === "blob" ? Response.redirect(request.url, 307) : undefined,
    code: 6,
    says: ["redirects"],
  },
  "redirect to a file": {
    misbehave: ({ kind }) =>
      kind === "blob"
        ? new Response(null, {
          status: 302,
          headers: { location: "file:///etc/passwd" },
        })
        : undefined,
    code: 6,
    says: ["refused (scheme)"],
  },
};

const GROUPS = {
  "bytes that are not as promised": WRONG_BYTES,
  "what is no image, or none for us": WRONG_KINDS,
  "answers that lead nowhere": WRONG_ANSWERS,
};

for (const [group, refusals] of Object.entries(GROUPS)) {
  Deno.test(`pullImage() refuses ${group}, and leaves nothing`, async (t) => {
    for (const [name, refusal] of Object.entries(refusals)) {
      await t.step(name, () => checkRefusal(refusal));
    }
  });
}

async function checkRefusal(
  { image = IMAGE, reference = ":1", options, misbehave, code, says }: Refusal,
): Promise<void> {
  using store = pullStore();
  await using registry = serveImage(image, misbehave);
  const failed = await store.fail(`${registry.host}/app${reference}`, options);
  for (const text of says) assertStringIncludes(failed.message, text);
  assertEquals(failed.code, code, failed.message);
  assertEquals(failed.message.split("\n").length, 1);
  assertStringIncludes(failed.message, "Cannot ");
  assertEquals(store.contents(), []);
  assertEquals(store.check(), []);
}

function replace(digest: string, bytes: Uint8Array<ArrayBuffer>): Misbehave {
  return ({ name }) =>
    name === digest
      ? new Response(bytes, { headers: { "content-type": OCI_MANIFEST } })
      : undefined;
}

function ofLayerType(mediaType: string, why: string): Refusal {
  const image = makeImage([{ ...LAYER, mediaType }]);
  return { image, code: 5, says: [mediaType, why] };
}

function withLayers(layers: readonly unknown[]): MadeImage {
  return makeImage([LAYER], { manifest: { layers } });
}

function makeIndex(manifests: readonly unknown[], inner = IMAGE): MadeImage {
  return withManifest([inner], {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests,
  });
}

/** Another image's manifest. */
function makeManifestBytes(
  layer: typeof LAYER,
): Uint8Array<ArrayBuffer> {
  const image = makeImage([layer]);
  return image.blobs.get(image.manifest.digest) ?? toJson({});
}

function pad(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(size);
  padded.set(bytes.subarray(0, size));
  return padded;
}
