/** What is no image, or none for us; and answers that are no use. */

import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { DOCKER_MANIFEST } from "../../../src/formats/oci/media_types.ts";
import {
  docker,
  shaOf,
  withDigests,
} from "../../support/images/make_odd_image.ts";
import {
  checkRefusals,
  ENTRY,
  IMAGE,
  LAYER,
  makeIndex,
  type Refusal,
} from "../../support/pulls/pull_refusal.ts";
import { makeImage, withManifest } from "../../support/servers/served_image.ts";

const { manifest: MANIFEST, config: CONFIG } = IMAGE;
const BLOB_DIGEST = digestOf(LAYER.blob);
const OTHER_IMAGE = makeImage([LAYER], { config: { architecture: "s390x" } });
const INDEX = makeIndex([ENTRY]);

const WRONG_KINDS: Readonly<Record<string, Refusal>> = {
  "encrypted layer": ofLayerType(
    "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
    "encrypted",
  ),
  "lz4 layer": ofLayerType(
    "application/vnd.oci.image.layer.v1.tar+lz4",
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
    code: 6,
    says: ["the server sent a web page, not a manifest"],
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
    says: ["linux/s390x, not linux/amd64", "use --platform linux/s390x"],
  },
  "image for others, in an entry that does not say for whom": {
    image: makeIndex(
      [{ ...OTHER_IMAGE.manifest, platform: null }],
      OTHER_IMAGE,
    ),
    code: 3,
    says: ["linux/s390x, not linux/amd64", "use --platform linux/s390x"],
  },
  "sha512 config": {
    image: withDigests("sha512", "config"),
    code: 5,
    says: ["image IDs are sha256 digests only"],
  },
  "sha512 diff ID": {
    image: makeImage([{ ...LAYER, diffId: shaOf("sha512", LAYER.blob) }]),
    code: 5,
    says: ["layer IDs come from sha256 digests only"],
  },
  "Docker manifest without its type": {
    image: docker({ manifest: { mediaType: undefined } }),
    code: 5,
    says: ["Docker image whose manifest does not say so in its mediaType"],
  },
  "time that Go does not read": {
    image: makeImage([LAYER], { config: { created: "2024-02-30T00:00:00Z" } }),
    code: 5,
    says: ['created: "2024-02-30T00:00:00Z" is no time'],
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
    code: 6,
    says: [BLOB_DIGEST, "does not have it"],
  },
  "no such config": {
    misbehave: ({ name }) =>
      name === CONFIG.digest
        ? Response.json({ errors: [{ code: "NAME_UNKNOWN" }] }, { status: 404 })
        : undefined,
    code: 6,
    says: [CONFIG.digest, "NAME_UNKNOWN"],
  },
  "encoded layer": {
    misbehave: ({ name }) =>
      name === BLOB_DIGEST
        ? new Response("packed", { headers: { "content-encoding": "br" } })
        : undefined,
    code: 5,
    says: ['Content-Encoding "br"'],
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

Deno.test("pullImage() refuses what is no image, or none for us", (t) =>
  checkRefusals(t, WRONG_KINDS));

Deno.test("pullImage() refuses answers that lead nowhere", (t) =>
  checkRefusals(t, WRONG_ANSWERS));

function ofLayerType(mediaType: string, why: string): Refusal {
  const image = makeImage([{ ...LAYER, mediaType }]);
  return { image, code: 5, says: [mediaType, why] };
}
