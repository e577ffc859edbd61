/** Images whose bytes are not what their digests and sizes say. */

import { toBytes } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_MANIFEST } from "../../../src/formats/oci/media_types.ts";
import { shaOf, withDigests } from "../../support/images/make_odd_image.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import {
  checkRefusals,
  ENTRY,
  IMAGE,
  LAYER,
  makeIndex,
  type Refusal,
  replace,
} from "../../support/pulls/pull_refusal.ts";
import {
  type MadeImage,
  makeImage,
  noise,
  toJson,
} from "../../support/servers/served_image.ts";

const OTHER = await layerOf({ "other.bin": noise(100_000) });
const { manifest: MANIFEST, config: CONFIG } = IMAGE;
const BLOB_DIGEST = digestOf(LAYER.blob);
const INDEX = makeIndex([ENTRY]);
// Bytes 4 to 7 of gzip are a time, which changes nothing else.
const REPACKED = LAYER.blob.map((byte, at) => at === 4 ? byte ^ 1 : byte);

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
  "layer, of the same archive and size, but packed at another time": {
    misbehave: replace(BLOB_DIGEST, REPACKED),
    code: 5,
    says: [
      `Cannot pull layer "${BLOB_DIGEST}": digest is ${digestOf(REPACKED)} ` +
      `after ${LAYER.blob.length} of ${LAYER.blob.length} bytes`,
    ],
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

// Legal in all else, so that nothing but its digest can tell.
const AUTHORED = makeImage([LAYER], {
  config: { author: "a" },
  manifest: { annotations: { author: "a" } },
});
const SHA512 = withDigests("sha512", "layer");
const SHA512_DIGEST =
  [...SHA512.blobs.keys()].find((name) => name.startsWith("sha512:")) ?? "";
const CHANGES: Readonly<Record<string, Refusal>> = {
  "manifest": {
    image: AUTHORED,
    reference: `@${AUTHORED.manifest.digest}`,
    ...changed(AUTHORED, AUTHORED.manifest.digest, withOtherAuthor),
    code: 5,
  },
  "config": {
    image: AUTHORED,
    ...changed(AUTHORED, AUTHORED.config.digest, withOtherAuthor),
    code: 5,
  },
  "layer": {
    ...changed(IMAGE, BLOB_DIGEST, withOtherTime),
    code: 5,
  },
  "layer with a sha512 digest": {
    image: SHA512,
    ...changed(SHA512, SHA512_DIGEST, withOtherTime),
    code: 5,
  },
};

Deno.test("pullImage() refuses good bytes that are others", (t) =>
  checkRefusals(t, CHANGES));

Deno.test("pullImage() refuses bytes that are not as promised, and leaves nothing", (t) =>
  checkRefusals(t, WRONG_BYTES));

function withLayers(layers: readonly unknown[]): MadeImage {
  return makeImage([LAYER], { manifest: { layers } });
}

/** Another image's manifest. */
function makeManifestBytes(
  layer: typeof LAYER,
): Uint8Array<ArrayBuffer> {
  const image = makeImage([layer]);
  return image.blobs.get(image.manifest.digest) ?? toJson({});
}

/** Another blob under a digest, and what is said of it. */
function changed(
  { blobs }: MadeImage,
  digest: string,
  change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>,
): Pick<Refusal, "misbehave" | "says"> {
  const other = change(blobs.get(digest) ?? new Uint8Array());
  const [algorithm = ""] = digest.split(":");
  return {
    misbehave: replace(digest, other),
    says: [digest, `is ${shaOf(algorithm, other)}`],
  };
}

function withOtherAuthor(
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const text = new TextDecoder().decode(bytes);
  return toBytes(text.replace('"author":"a"', '"author":"b"'));
}

/** The time in gzip's header is no part of what is packed. */
function withOtherTime(
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const other = bytes.slice();
  other[4] = (other[4] ?? 0) ^ 1;
  return other;
}

function pad(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(size);
  padded.set(bytes.subarray(0, size));
  return padded;
}
