/** What every `ImageSource` promises. */

import { assertEquals, assertRejects } from "@std/assert";
import type { ImageSource } from "../../src/formats/oci/blob_source.ts";
import type { Descriptor } from "../../src/formats/oci/descriptor.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import type { TestImage } from "../support/images/test_layout.ts";
import { testBlobSource } from "./blob_source_suite.ts";

/** Tries the promises on a source that was opened for a known image. */
export async function testImageSource(
  t: Deno.TestContext,
  source: ImageSource,
  { manifest, layers: [layer], layerBytes }: TestImage,
): Promise<void> {
  await testBlobSource(t, source, layerBytes);

  await t.step("gives the manifest that it was opened for", async () => {
    const raw = await source.fetchManifest();
    assertEquals(raw.digest, manifest.digest);
    assertEquals(digestOf(raw.bytes), manifest.digest);
  });

  await t.step("gives a manifest by its digest", async () => {
    const raw = await source.fetchManifest(manifest.digest);
    assertEquals(digestOf(raw.bytes), manifest.digest);
  });

  await t.step("rejects for an unknown manifest", async () => {
    await assertRejects(() => source.fetchManifest(digestOf("unknown")), Error);
  });

  await t.step("gives no manifest once a signal is aborted", async () => {
    const signal = AbortSignal.abort(new Error("stop"));
    for (const digest of [undefined, manifest.digest]) {
      await assertRejects(
        () => source.fetchManifest(digest, { signal }),
        Error,
        "stop",
      );
    }
  });

  await t.step("finds the files of blobs, if it has files", async () => {
    const { files } = source;
    if (files === undefined || layer === undefined) return;
    const { path, offset = 0, size } = await files.find(layer);
    const reach = files.reach.some((place) => path.startsWith(place));
    assertEquals([reach, size], [true, layer.size]);
    const bytes = await Deno.readFile(path);
    assertEquals(bytes.slice(offset, offset + size), layerBytes);
    const unknown: Descriptor = { ...layer, digest: digestOf("unknown") };
    await assertRejects(() => files.find(unknown), Error, unknown.digest);
  });
}
