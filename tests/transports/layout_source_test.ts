import { assertEquals, assertRejects } from "@std/assert";
import {
  BlobMismatchError,
  InvalidManifestError,
} from "../../src/errors/image_errors.ts";
import { NotFoundError } from "../../src/errors/not_found_errors.ts";
import { hexOf } from "../../src/formats/oci/digest.ts";
import { OCI_MANIFEST } from "../../src/formats/oci/media_types.ts";
import { openLayout } from "../../src/transports/layout_source.ts";
import { writeTestLayout } from "../support/images/test_layout.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("openLayout() opens the image that is meant", async () => {
  using dir = tempDir();
  const { manifest } = await writeTestLayout(dir.path, { ref: "v1" });
  for (const choice of [{}, { ref: "v1" }, { index: 0 }]) {
    const source = await openLayout(dir.path, choice);
    assertEquals(source.name, "v1");
    const raw = await source.fetchManifest();
    assertEquals([raw.digest, raw.mediaType], [manifest.digest, OCI_MANIFEST]);
  }
});

Deno.test("openLayout() says which images there are", async () => {
  using dir = tempDir();
  const { manifest } = await writeTestLayout(dir.path, { ref: "v1" });
  await assertRejects(
    () => openLayout(dir.path, { ref: "v2" }),
    NotFoundError,
    'no image "v2"; it has v1',
  );
  await Deno.writeTextFile(
    dir.join("index.json"),
    JSON.stringify({ schemaVersion: 2, manifests: [manifest, manifest] }),
  );
  await assertRejects(
    () => openLayout(dir.path),
    NotFoundError,
    "name one of its images: @0, @1",
  );
});

Deno.test("openLayout() refuses what is no layout", async () => {
  using dir = tempDir();
  await assertRejects(() => openLayout(dir.path), NotFoundError, "oci-layout");
  await writeTestLayout(dir.path);
  const marker = dir.join("oci-layout");
  const cases = [
    ['{"imageLayoutVersion":"2.0.0"}', `"${dir.path}": version "2.0.0"`],
    ["{", `"${marker}": not valid JSON`],
    ["{}", `"${marker}": expected a string`],
  ] as const;
  for (const [text, says] of cases) {
    await Deno.writeTextFile(marker, text);
    await assertRejects(
      () => openLayout(dir.path),
      InvalidManifestError,
      says,
    );
  }
});

Deno.test("openLayout() names the index that it cannot read", async () => {
  using dir = tempDir();
  await writeTestLayout(dir.path);
  await Deno.writeTextFile(dir.join("index.json"), "{");
  await assertRejects(
    () => openLayout(dir.path),
    InvalidManifestError,
    `Cannot read index.json of "${dir.path}": not valid JSON`,
  );
});

Deno.test("fetchManifest() verifies the bytes on disk", async () => {
  using dir = tempDir();
  const { manifest } = await writeTestLayout(dir.path);
  const source = await openLayout(dir.path);
  const path = dir.join("blobs/sha256", hexOf(manifest.digest));
  await Deno.writeTextFile(path, "{}");
  await assertRejects(() => source.fetchManifest(), BlobMismatchError);
});
