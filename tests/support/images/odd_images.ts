/** Manifests and configs as they are in the world: legal, odd, and not quite legal. */

import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";
import { makeImage, withManifest } from "../servers/served_image.ts";
import {
  AMD64,
  docker,
  index,
  LAYER,
  nested,
  oci,
  type OddImage,
  otherArchitecture,
  packing,
  PLAIN,
  PLAIN_BYTES,
  raw,
  shaOf,
  TAR,
  withDigests,
} from "./make_odd_image.ts";
import { ODD_CONFIGS } from "./odd_configs.ts";

const ROOTFS = { type: "layers", "diff_ids": [LAYER.diffId] };

/** By a name that says what is odd. */
export const ODD_IMAGES: Readonly<Record<string, OddImage>> = {
  "OCI": { image: PLAIN },
  "Docker": { image: docker() },
  // Types of configs.
  ...Object.fromEntries(
    [
      "application/octet-stream",
      "text/html",
      "",
      "application/json",
      "application/vnd.oci.image.config.v1+json",
      "application/vnd.docker.plugin.v1+json",
    ].map((type) => [`Docker, config of type "${type}"`, {
      image: docker({ config: { mediaType: type } }),
    }]),
  ),
  ...Object.fromEntries(
    [
      "application/octet-stream",
      "",
      "application/vnd.docker.container.image.v1+json",
      "application/vnd.oci.empty.v1+json",
    ].map((type) => [`OCI, config of type "${type}"`, {
      image: oci({ config: { ...PLAIN.config, mediaType: type } }),
    }]),
  ),
  "OCI, config without a type": {
    image: oci({ config: { ...PLAIN.config, mediaType: undefined } }),
  },
  // Types of manifests.
  ...Object.fromEntries(
    [
      "text/plain",
      "application/json",
      "text/html",
      "application/octet-stream",
      "binary/octet-stream",
      "",
      `${OCI_MANIFEST}; charset=utf-8`,
      "Application/vnd.OCI.image.Manifest.v1+JSON",
      DOCKER_MANIFEST,
      OCI_INDEX,
    ].map((type) => [`OCI, served as "${type}"`, {
      image: PLAIN,
      contentType: type,
    }]),
  ),
  ...Object.fromEntries(
    [
      "text/plain",
      "application/json",
      "application/octet-stream",
      "",
      OCI_MANIFEST,
    ]
      .map((type) => [`Docker, served as "${type}"`, {
        image: docker(),
        contentType: type,
      }]),
  ),
  ...Object.fromEntries(
    [OCI_MANIFEST, "", "text/plain", "application/json"].map((type) => [
      `OCI without mediaType, served as "${type}"`,
      { image: oci({ mediaType: undefined }), contentType: type },
    ]),
  ),
  ...Object.fromEntries(
    [DOCKER_MANIFEST, "", "application/json"].map((type) => [
      `Docker without mediaType, served as "${type}"`,
      {
        image: docker({ manifest: { mediaType: undefined } }),
        contentType: type,
      },
    ]),
  ),
  "OCI without schemaVersion": { image: oci({ schemaVersion: undefined }) },
  "OCI with a BOM": {
    image: raw(new Uint8Array([0xef, 0xbb, 0xbf, ...PLAIN_BYTES])),
  },
  "OCI with blanks around": {
    image: raw(toBytes(`\n ${new TextDecoder().decode(PLAIN_BYTES)} \n\n`)),
  },
  // Lists.
  "layers are null": {
    image: oci({ layers: null, config: undefined }, {
      rootfs: { ...ROOTFS, "diff_ids": null },
    }),
  },
  "layers are missing": {
    image: oci({ layers: undefined, config: undefined }, {
      rootfs: { ...ROOTFS, "diff_ids": [] },
    }),
  },
  "layers are empty": {
    image: oci({ layers: [], config: undefined }, {
      rootfs: { ...ROOTFS, "diff_ids": [] },
    }),
  },
  "Docker, layers are null": {
    image: docker({
      manifest: { layers: null },
      content: { rootfs: { ...ROOTFS, "diff_ids": null } },
    }),
  },
  "annotations are null": { image: oci({ annotations: null }) },
  "all optional members": {
    image: oci({
      artifactType: null,
      subject: { ...PLAIN.manifest, digest: digestOf("subject") },
      annotations: { a: "b" },
      layers: PLAIN.layers.map((layer) => ({
        ...layer,
        urls: ["https://cdn.invalid/a"],
        annotations: null,
        data: null,
        platform: null,
      })),
    }),
  },
  "an artifactType on an image": {
    image: oci({ artifactType: "application/vnd.example" }),
  },
  "config in its own descriptor": {
    image: oci({
      config: {
        ...PLAIN.config,
        data: btoa(
          new TextDecoder().decode(PLAIN.blobs.get(PLAIN.config.digest)),
        ),
      },
    }),
  },
  "unknown members": {
    image: oci({ future: { a: 1 }, "org.example": null }),
  },
  ...ODD_CONFIGS,
  // Digests.
  "a sha512 layer": { image: withDigests("sha512", "layer") },
  "a sha384 layer": { image: withDigests("sha384", "layer") },
  "a sha512 config": { image: withDigests("sha512", "config") },
  "a sha512 diff ID": {
    image: makeImage([{ ...LAYER, diffId: shaOf("sha512", TAR) }]),
  },
  "asked for by sha512": {
    image: {
      ...PLAIN,
      blobs: new Map([...PLAIN.blobs, [
        shaOf("sha512", PLAIN_BYTES),
        PLAIN_BYTES,
      ]]),
    },
    reference: `@${shaOf("sha512", PLAIN_BYTES)}`,
  },
  // Indexes.
  "index": { image: index([{ platform: AMD64 }]) },
  "Docker list": { image: index([{ platform: AMD64 }], DOCKER_LIST) },
  "index, entry without platform": { image: index([{}]) },
  "index, platform is null": { image: index([{ platform: null }]) },
  "index, platform is empty": {
    image: index([{ platform: { os: "", architecture: "" } }]),
  },
  "index, x86_64": {
    image: index([{ platform: { os: "linux", architecture: "x86_64" } }]),
  },
  "index, amd64 v1": {
    image: index([{ platform: { ...AMD64, variant: "v1" } }]),
  },
  "index, amd64 v2": {
    image: index([{ platform: { ...AMD64, variant: "v2" } }]),
  },
  "index, empty variant": {
    image: index([{ platform: { ...AMD64, variant: "" } }]),
  },
  "index, os.version": {
    image: index([{
      platform: { ...AMD64, "os.version": "1", "os.features": [] },
    }]),
  },
  "index, attestation beside": {
    image: index([
      {
        platform: { os: "unknown", architecture: "unknown" },
        annotations: { "vnd.docker.reference.type": "attestation-manifest" },
      },
      { platform: AMD64 },
    ]),
  },
  "index, artifact of a type nobody knows beside": {
    image: index([
      { mediaType: "application/vnd.example.thing" },
      { platform: AMD64 },
    ]),
  },
  "index in an index": { image: nested() },
  "index, manifests are null": {
    image: withManifest([PLAIN], {
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: null,
    }),
  },
  "index, config is for another architecture": {
    image: index([{ platform: AMD64 }], OCI_INDEX, otherArchitecture()),
  },
  "index, config is for another system": {
    image: index(
      [{ platform: AMD64 }],
      OCI_INDEX,
      makeImage([LAYER], { config: { os: "windows" } }),
    ),
  },
  "for another architecture": { image: otherArchitecture() },
  // Layers.
  ...Object.fromEntries(
    [
      "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
      "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
      "application/octet-stream",
      "application/vnd.docker.image.rootfs.diff.tar",
      "application/vnd.oci.image.layer.v1.tar",
      "application/vnd.oci.image.layer.v1.tar+zstd",
      "application/x-tar",
      "",
    ].map((mediaType) => [`layer of type "${mediaType}"`, {
      image: makeImage([{ ...LAYER, mediaType }]),
    }]),
  ),
  // Encodings.
  "blobs packed by the server": { image: PLAIN, misbehave: packing("packed") },
  "blobs said to be packed": { image: PLAIN, misbehave: packing("said") },
};
