import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { gzipSync } from "node:zlib";
import { copyIndex } from "../../../src/engine/copy/copy_index.ts";
import { InvalidManifestError } from "../../../src/errors/image_errors.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import type { ImageSource } from "../../../src/formats/oci/blob_source.ts";
import type { Descriptor } from "../../../src/formats/oci/descriptor.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_INDEX,
  OCI_MANIFEST,
} from "../../../src/formats/oci/media_types.ts";
import { openLayout } from "../../../src/transports/layout_source.ts";
import {
  writeBlob,
  writeTestLayout,
} from "../../support/images/test_layout.ts";
import { memoryMedium } from "../../support/memory/memory_medium.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

const json = (value: unknown) => toBytes(JSON.stringify(value));

async function writeIndex(
  layout: string,
  manifests: readonly Descriptor[],
): Promise<Descriptor> {
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
  return await writeBlob(layout, json(index), OCI_INDEX);
}

/** The index that a layout's `index.json` leads to. */
async function openTop(layout: string, top: Descriptor): Promise<ImageSource> {
  const annotations = { "org.opencontainers.image.ref.name": "top" };
  const index = { schemaVersion: 2, manifests: [{ ...top, annotations }] };
  await Deno.writeFile(`${layout}/index.json`, json(index));
  return await openLayout(layout, { ref: "top" });
}

/** A manifest of OCI's that is no image. */
async function writeArtifact(layout: string): Promise<Descriptor> {
  const config = await writeBlob(layout, json({}), "application/vnd.empty.v1");
  const layer = await writeBlob(layout, json("a signature"), "text/plain");
  const body = { schemaVersion: 2, mediaType: OCI_MANIFEST, config };
  const manifest = json({ ...body, layers: [layer] });
  return await writeBlob(layout, manifest, OCI_MANIFEST);
}

async function makeIndex(dir: TempDir) {
  const layout = dir.path;
  const image = await writeTestLayout(layout);
  const artifact = await writeArtifact(layout);
  const platform = { os: "linux", architecture: "arm64" };
  const inner = await writeIndex(layout, [image.manifest]);
  const index = await writeIndex(layout, [
    { ...image.manifest, platform },
    artifact,
    inner,
  ]);
  return { image, artifact, inner, index };
}

Deno.test("copyIndex() copies all, what is no image as it is", async () => {
  using dir = tempDir();
  const { image, artifact, inner, index } = await makeIndex(dir);
  const medium = memoryMedium();
  const source = await openTop(dir.path, index);
  const names = ["quay.io/a/b:2"] as never[];
  const written = await copyIndex(source, medium, { names });
  assertEquals(written.digest, index.digest);
  assertEquals(
    medium.manifests.map(({ digest }) => digest),
    [image, image].map(({ manifest }) => manifest.digest)
      .toSpliced(1, 0, artifact.digest).concat(inner.digest, index.digest),
  );
  // Only the last is what the medium's name stands for.
  const asked = medium.puts.map(({ isNamed, names }) => [isNamed, names]);
  const alone = [false, []];
  assertEquals(asked, [alone, alone, alone, alone, [true, names]]);
  const blobs = [image.config, ...image.layers].map(({ digest }) => digest);
  assertEquals(blobs.filter((digest) => !medium.blobs.has(digest)), []);
  assertEquals(medium.blobs.size, blobs.length + 2);
});

Deno.test("copyIndex() sends no blob of an artifact that is there", async () => {
  using dir = tempDir();
  const artifact = await writeTestLayout(dir.path)
    .then(() => writeArtifact(dir.path));
  const present = [digestOf(json({}))];
  const medium = memoryMedium({ present });
  const source = await openTop(dir.path, artifact);
  assertEquals((await copyIndex(source, medium)).digest, artifact.digest);
  const signature = json("a signature");
  assertEquals([...medium.blobs], [[digestOf(signature), signature]]);
  const [manifest, ...others] = medium.manifests;
  assertEquals([manifest?.mediaType, others], [OCI_MANIFEST, []]);
  const aborted = { signal: AbortSignal.abort("enough") };
  const error = await copyIndex(source, memoryMedium(), aborted)
    .catch((error) => error);
  assertEquals(error, "enough");
  assertEquals(medium.puts, [{ isNamed: true, names: [] }]);
});

Deno.test("copyIndex() writes an index alone, or its image alone", async () => {
  using dir = tempDir();
  const { image, index } = await makeIndex(dir);
  const only = memoryMedium();
  const source = await openTop(dir.path, index);
  const written = await copyIndex(source, only, { multiArch: "index-only" });
  assertEquals(written.digest, index.digest);
  assertEquals(only.manifests.length, 1);
  assertEquals(only.blobs.size, 0);
  const single = memoryMedium();
  const { digest } = await copyIndex(
    await openTop(dir.path, image.manifest),
    single,
  );
  assertEquals(digest, image.manifest.digest);
});

Deno.test("copyIndex() keeps the entries of an index that it copies alone", async () => {
  using dir = tempDir();
  const { image, index } = await makeIndex(dir);
  const source = await openTop(dir.path, index);
  const medium = memoryMedium({
    manifestTypes: [DOCKER_MANIFEST, DOCKER_LIST],
  });
  const options = { multiArch: "index-only", format: "v2s2" } as const;
  const written = await copyIndex(source, medium, options);
  assertEquals(written.mediaType, DOCKER_LIST);
  assertEquals(medium.blobs.size, 0);
  const [only, ...more] = medium.manifests;
  assertEquals(more, []);
  const listed = JSON.parse(new TextDecoder().decode(only?.bytes)).manifests;
  const digests = listed.map(({ digest }: Descriptor) => digest);
  assert(digests.includes(image.manifest.digest), `${digests}`);
});

Deno.test("copyIndex() rewrites the index where an image has changed", async () => {
  using dir = tempDir();
  const image = await writeTestLayout(dir.path);
  const index = await writeIndex(dir.path, [image.manifest]);
  const source = await openTop(dir.path, index);
  const manifestTypes = [DOCKER_MANIFEST, DOCKER_LIST];
  const medium = memoryMedium({ manifestTypes });
  const written = await copyIndex(source, medium);
  assertEquals(written.mediaType, DOCKER_LIST);
  const [child, parent] = medium.manifests;
  const listed = JSON.parse(new TextDecoder().decode(parent?.bytes)).manifests;
  assertEquals(listed.length, 1);
  assertEquals(listed[0].digest, child?.digest);
  assertEquals(listed[0].mediaType, DOCKER_MANIFEST);
  // The same format, but other layers.
  const again = memoryMedium({ layers: "uncompressed" });
  const plain = await copyIndex(source, again, { layers: "uncompressed" });
  assertEquals(plain.mediaType, OCI_INDEX);
  assertNotEquals(plain.digest, index.digest);
});

Deno.test("copyIndex() refuses what cannot be an index there", async (t) => {
  using dir = tempDir();
  const { inner } = await makeIndex(dir);
  await t.step("media for single images", async () => {
    const medium = memoryMedium({ manifestTypes: [OCI_MANIFEST] });
    const source = await openTop(dir.path, inner);
    await assertRejects(
      () => copyIndex(source, medium),
      InvalidManifestError,
      "accepts single images only",
    );
    assertEquals(medium.blobs.size, 0);
  });
  await t.step("indexes in indexes in indexes", async () => {
    const middle = await writeIndex(dir.path, [inner]);
    const outer = await writeIndex(dir.path, [middle]);
    const source = await openTop(dir.path, outer);
    await assertRejects(
      () => copyIndex(source, memoryMedium()),
      InvalidManifestError,
      "nested deeper than 2",
    );
  });
  await t.step("an image that is missing", async () => {
    const bytes = new Uint8Array(gzipSync("none"));
    const missing = {
      mediaType: OCI_MANIFEST,
      digest: digestOf(bytes),
      size: bytes.length,
    };
    const index = await writeIndex(dir.path, [missing]);
    const source = await openTop(dir.path, index);
    const medium = memoryMedium();
    await assertRejects(() => copyIndex(source, medium), NotFoundError);
    assertEquals(medium.manifests, []);
  });
});
