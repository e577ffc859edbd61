import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { gzipSync } from "node:zlib";
import {
  type MediumSinkOptions,
  openMediumSink,
} from "../../../src/engine/media/medium_sink.ts";
import { copyImage } from "../../../src/engine/transfer/copy_image.ts";
import {
  BlobMismatchError,
  ChangedDigestError,
} from "../../../src/errors/image_errors.ts";
import { type Bytes, toText } from "../../../src/formats/bytes.ts";
import type { ImageSource } from "../../../src/formats/oci/blob_source.ts";
import type { Digest } from "../../../src/formats/oci/digest.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import type { ImageMedium } from "../../../src/formats/oci/image_medium.ts";
import { OCI_LAYER_TAR } from "../../../src/formats/oci/media_types.ts";
import { openLayout } from "../../../src/transports/layout_source.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { memoryMedium } from "../../support/memory/memory_medium.ts";
import { tempDir } from "../../support/temp_dir.ts";

const TAR = archive(file("a", "a".repeat(9000)));
const OTHER = archive(file("b"));
const options = { platform: { os: "linux", architecture: "amd64" } };

async function source(...tars: readonly Bytes[]): Promise<ImageSource> {
  const dir = tempDir();
  await writeLayout(
    dir.join("l"),
    tars.map((tar) => ({
      blob: new Uint8Array(gzipSync(tar)),
      diffId: digestOf(tar),
    })),
  );
  const image = await openLayout(dir.join("l"));
  const blobs = new Map<string, Bytes>();
  for await (const { name } of Deno.readDir(dir.join("l/blobs/sha256"))) {
    const bytes = await Deno.readFile(dir.join(`l/blobs/sha256/${name}`));
    blobs.set(`sha256:${name}`, bytes);
  }
  const raw = await image.fetchManifest();
  dir[Symbol.dispose]();
  return {
    fetchManifest: () => Promise.resolve(raw),
    open: ({ digest }, { offset = 0 } = {}) => {
      const bytes = blobs.get(digest) ??
        tars.find((tar) => digestOf(tar) === digest);
      if (bytes === undefined) return Promise.reject(new Error("no such blob"));
      return Promise.resolve(new Blob([bytes.slice(offset)]).stream());
    },
  };
}

/** The same image in a store: its layers are plain. */
function stored(from: ImageSource, ...tars: readonly Bytes[]): ImageSource {
  return {
    ...from,
    plainLayers: tars.map((tar) => ({
      mediaType: OCI_LAYER_TAR,
      digest: digestOf(tar),
      size: tar.length,
    })),
  };
}

async function copy(
  from: ImageSource,
  medium: ImageMedium,
  how: MediumSinkOptions = {},
) {
  return await copyImage(from, openMediumSink(medium, how), options);
}

Deno.test("a layer that an image has twice goes once", async () => {
  const medium = memoryMedium();
  await copy(await source(TAR, OTHER, TAR), medium);
  assertEquals(medium.blobs.size, 3); // and the config
});

Deno.test("a stored image keeps its manifest where its layers still are", async () => {
  const from = await source(TAR, OTHER);
  const { digest, bytes } = await from.fetchManifest();
  const layers = JSON.parse(toText(bytes)).layers;
  const present = layers.map((layer: { digest: Digest }) => layer.digest);
  const medium = memoryMedium({ present });
  const written = await copy(stored(from, TAR, OTHER), medium);
  assertEquals([written.digest, medium.blobs.size], [digest, 1]);
});

Deno.test("a stored image is compressed elsewhere, or refused", async () => {
  const from = stored(await source(TAR, OTHER), TAR, OTHER);
  const { digest } = await from.fetchManifest();
  const medium = memoryMedium();
  const written = await copy(from, medium);
  assertNotEquals(written.digest, digest); // another program compressed it
  assertEquals(medium.blobs.size, 3);
  await assertRejects(
    () => copy(from, memoryMedium(), { preserveDigests: true }),
    ChangedDigestError,
  );
});

Deno.test("bytes are proven before they are converted, and after", async (t) => {
  const good = await source(TAR, OTHER);
  const { bytes } = await good.fetchManifest();
  const [first] = JSON.parse(toText(bytes)).layers;
  const spoilt = (digest: string, by: Bytes): ImageSource => ({
    ...good,
    open: (blob, opening) =>
      blob.digest === digest
        ? Promise.resolve(new Blob([by]).stream())
        : good.open(blob, opening),
  });
  const wrong = new Uint8Array(TAR.length).fill(65);
  const cases: Readonly<Record<string, readonly [ImageSource, ImageMedium]>> = {
    "packed bytes that are others": [
      spoilt(first.digest, new Uint8Array(first.size).fill(1)),
      memoryMedium({ layers: "uncompressed" }),
    ],
    "plain bytes that are others": [
      stored(spoilt(digestOf(TAR), wrong), TAR, OTHER),
      memoryMedium(),
    ],
    "plain bytes that are too few": [
      stored(spoilt(digestOf(TAR), TAR.slice(1)), TAR, OTHER),
      memoryMedium(),
    ],
  };
  for (const [name, [from, medium]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const kind = name.endsWith("few") ? Error : BlobMismatchError;
      await assertRejects(
        () => copy(from, medium, { retry: { tries: 1 } }),
        kind,
      );
    });
  }
});
