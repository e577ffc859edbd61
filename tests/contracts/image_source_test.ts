import { gunzipSync } from "node:zlib";
import type {
  BlobFile,
  ImageSource,
} from "../../src/formats/oci/blob_source.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { readDockerArchive } from "../../src/transports/archives/docker_archive.ts";
import type { ArchivedImage } from "../../src/transports/archives/image_archive.ts";
import { readOciArchive } from "../../src/transports/archives/oci_archive.ts";
import { openArchive } from "../../src/transports/archives/open_archive.ts";
import {
  dockerArchive,
  dockerParts,
} from "../support/images/docker_archive.ts";
import { layoutArchive } from "../support/images/layout_archive.ts";
import { parseReference } from "../../src/formats/oci/reference.ts";
import { openRepository } from "../../src/registry/open_repository.ts";
import { openLayout } from "../../src/transports/layout_source.ts";
import { writeTestLayout } from "../support/images/test_layout.ts";
import { memoryImage } from "../support/memory/memory_image.ts";
import { needs } from "../support/peers.ts";
import {
  REGISTRY_PROGRAMS,
  startRegistry,
} from "../support/servers/registry_server.ts";
import { tempDir } from "../support/temp_dir.ts";
import { testImageSource } from "./image_source_suite.ts";

Deno.test("an image in memory is an ImageSource", async (t) => {
  using dir = tempDir();
  const image = await writeTestLayout(dir.path);
  await testImageSource(t, await memoryImage(image), image);
});

Deno.test("an image in a layout is an ImageSource", async (t) => {
  using dir = tempDir();
  const image = await writeTestLayout(dir.path);
  await testImageSource(t, await openLayout(dir.path), image);
});

Deno.test({
  name: "an image in a registry is an ImageSource",
  ...needs(...REGISTRY_PROGRAMS),
  async fn(t) {
    using dir = tempDir();
    const image = await writeTestLayout(dir.path);
    await using registry = await startRegistry();
    await registry.pushLayout(dir.path, "a:1");
    const reference = parseReference(`${registry.host}/a:1`);
    using source = await openRepository(reference);
    await testImageSource(t, source, image);
  },
});

Deno.test("an image in an archive of a layout is an ImageSource", async (t) => {
  using dir = tempDir();
  const image = await writeTestLayout(dir.join("layout"));
  const path = dir.join("image.tar");
  await Deno.writeFile(path, await layoutArchive(image.layout));
  const [only] = await readOciArchive(await openArchive(path, { expand }));
  await testImageSource(t, await opened(only), image);
});

for (const packed of [false, true]) {
  const how = packed ? "compressed" : "plain";
  Deno.test(`an image in Docker's archive, ${how}, is an ImageSource`, async (t) => {
    using dir = tempDir();
    const image = await writeTestLayout(dir.join("layout"));
    const parts = dockerParts(image, { packed });
    const path = dir.join("image.tar");
    await Deno.writeFile(path, dockerArchive(parts));
    const archive = await openArchive(path, { expand });
    const [only] = await readDockerArchive(archive, { expand });
    const source = await opened(only);
    const raw = await source.fetchManifest();
    const [layerBytes = new Uint8Array()] = parts.layers;
    const [layer] = image.layers;
    const { byteLength: size } = layerBytes;
    const digest = digestOf(layerBytes);
    await testImageSource(t, source, {
      ...image,
      ...{ layerBytes, layers: layer ? [{ ...layer, digest, size }] : [] },
      manifest: { ...image.manifest, digest: raw.digest },
    });

    function expand(file: BlobFile): Promise<BlobFile> {
      return expandInto(dir.join(`plain-${file.offset}`), file);
    }
  });
}

function opened(image: ArchivedImage | undefined): Promise<ImageSource> {
  return image?.open() ?? Promise.reject(new Error("no image"));
}

function expand(): Promise<BlobFile> {
  return Promise.reject(new Error("nothing is compressed"));
}

async function expandInto(
  path: string,
  { path: from, offset = 0, size }: BlobFile,
): Promise<BlobFile> {
  const bytes = await Deno.readFile(from);
  const plain = gunzipSync(bytes.subarray(offset, offset + size));
  await Deno.writeFile(path, plain);
  return { path, size: plain.length };
}
