import { assertEquals, assertRejects } from "@std/assert";
import {
  BlobMismatchError,
  InvalidManifestError,
} from "../../src/errors/image_errors.ts";
import { NotFoundError } from "../../src/errors/not_found_errors.ts";
import { type Digest, hexOf } from "../../src/formats/oci/digest.ts";
import { OCI_MANIFEST } from "../../src/formats/oci/media_types.ts";
import { runCommand } from "../../src/process/run_command.ts";
import {
  openLayout,
  type OpenLayoutOptions,
} from "../../src/transports/layout_source.ts";
import { writeTestLayout } from "../support/images/test_layout.ts";
import { tempDir } from "../support/temp_dir.ts";

const NAME = "org.opencontainers.image.ref.name";

Deno.test("openLayout() opens the image that is meant", async () => {
  using dir = tempDir();
  const { manifest } = await writeTestLayout(dir.path, { ref: "v1" });
  for (const choice of [{}, { ref: "v1" }, { index: 0 }]) {
    const source = await openLayout(dir.path, choice);
    assertEquals(source.name, "v1");
    assertEquals(source.descriptor.digest, manifest.digest);
    const raw = await source.fetchManifest();
    assertEquals([raw.digest, raw.mediaType], [manifest.digest, OCI_MANIFEST]);
  }
});

Deno.test("openLayout() chooses among several images", async (t) => {
  using dir = tempDir();
  const { manifest } = await writeTestLayout(dir.path);
  const named = (name: string) => ({
    ...manifest,
    annotations: { [NAME]: name },
  });
  const cases: readonly (readonly [
    manifests: readonly unknown[],
    choice: OpenLayoutOptions,
    found: string | undefined,
    says: string | undefined,
  ])[] = [
    [[named("a"), named("b")], { ref: "b" }, "b", undefined],
    [[named("a"), named("b")], { index: 1 }, "b", undefined],
    [[named("a"), named("a")], { ref: "a", index: 1 }, "a", undefined],
    [[named("a"), manifest], { index: 1 }, undefined, undefined],
    [[manifest], {}, undefined, undefined],
    [[named("a")], { ref: "v2" }, "", 'it has no image "v2"; it has a'],
    [
      [named("a"), named("b")],
      { ref: "b", index: 0 },
      "",
      'it has no image "b"; it has a, b',
    ],
    [[named("a")], { index: 1 }, "", "it has no such image; it has a"],
    [[], {}, "", "it has no such image; it has none"],
    [[], { ref: "v1" }, "", 'it has no image "v1"; it has none'],
    [[manifest, named("b")], {}, "", "name one of its images: @0, b"],
    [[named("a"), named("a")], { ref: "a" }, "", "name one of its images: a"],
  ];
  for (const [index, [manifests, choice, found, why]] of cases.entries()) {
    await t.step(`${index}: ${JSON.stringify(choice)}`, async () => {
      const text = JSON.stringify({ schemaVersion: 2, manifests });
      await Deno.writeTextFile(dir.join("index.json"), text);
      if (why === undefined) {
        assertEquals((await openLayout(dir.path, choice)).name, found);
        return;
      }
      await assertRejects(
        () => openLayout(dir.path, choice),
        NotFoundError,
        `Cannot open layout "${dir.path}": ${why}`,
      );
    });
  }
});

Deno.test("openLayout() refuses what is no layout", async () => {
  using dir = tempDir();
  await assertRejects(() => openLayout(dir.path), NotFoundError, "oci-layout");
  await writeTestLayout(dir.path);
  const marker = dir.join("oci-layout");
  const cases = [
    ['{"imageLayoutVersion":"2.0.0"}', `"${dir.path}": version "2.0.0"`],
    ['{"imageLayoutVersion":"11.0"}', `"${dir.path}": version "11.0"`],
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
  await Deno.writeTextFile(marker, '{"imageLayoutVersion":"1.9.9"}');
  await openLayout(dir.path);
});

Deno.test("openLayout() reports which part is no file that can be read", async (t) => {
  const parts: Readonly<Record<string, string>> = {
    "oci-layout": "oci-layout",
    "index.json": "index.json",
    "a manifest": "",
  };
  const places: readonly (readonly [
    how: string,
    place: (path: string) => Promise<unknown>,
    type: new (...args: never[]) => Error,
    says: string,
  ])[] = [
    ["missing", () => Promise.resolve(), NotFoundError, "Cannot open"],
    ["a folder", Deno.mkdir, InvalidManifestError, "it is no regular file"],
    [
      "a pipe",
      (path) => runCommand("/usr/bin/mkfifo", [path]),
      ...[InvalidManifestError, "it is no regular file"] as const,
    ],
    ["a loop", (path) => Deno.symlink(path, path), Error, "os error 40"],
  ];
  for (const [name, part] of Object.entries(parts)) {
    for (const [how, place, type, says] of places) {
      await t.step(`${name}: ${how}`, async () => {
        using dir = tempDir();
        const { manifest } = await writeTestLayout(dir.path);
        const path = dir.join(part || blobOf(manifest.digest));
        await Deno.remove(path);
        await place(path);
        const open = async () =>
          await (await openLayout(dir.path)).fetchManifest();
        await assertRejects(open, type, says);
      });
    }
  }
});

Deno.test("openLayout() reads no part that is too large", async (t) => {
  const limit = 4 * 1024 * 1024;
  for (const part of ["oci-layout", "index.json", "a manifest"]) {
    await t.step(part, async () => {
      using dir = tempDir();
      const { manifest } = await writeTestLayout(dir.path);
      const isBlob = part === "a manifest";
      const path = dir.join(isBlob ? blobOf(manifest.digest) : part);
      const open = async () =>
        await (await openLayout(dir.path)).fetchManifest();
      const text = await Deno.readTextFile(path);
      await Deno.writeTextFile(path, text.padEnd(limit + 1));
      await assertRejects(
        open,
        InvalidManifestError,
        `larger than ${limit} bytes`,
      );
      await Deno.truncate(path, limit);
      if (!isBlob) return void await open();
      await assertRejects(open, BlobMismatchError);
    });
  }
});

Deno.test("openLayout() refuses a manifest in the place of its index", async () => {
  using dir = tempDir();
  const { manifest } = await writeTestLayout(dir.path);
  await Deno.copyFile(
    dir.join(blobOf(manifest.digest)),
    dir.join("index.json"),
  );
  await assertRejects(
    () => openLayout(dir.path),
    InvalidManifestError,
    `Cannot read index.json of "${dir.path}": ambiguous`,
  );
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
  await Deno.writeTextFile(dir.join(blobOf(manifest.digest)), "{}");
  await assertRejects(() => source.fetchManifest(), BlobMismatchError);
});

Deno.test("fetchManifest() knows the media types that the index tells", async () => {
  using dir = tempDir();
  const { manifest, config } = await writeTestLayout(dir.path);
  const source = await openLayout(dir.path);
  const known = await source.fetchManifest(manifest.digest);
  assertEquals(known.mediaType, OCI_MANIFEST);
  assertEquals((await source.fetchManifest(config.digest)).mediaType, "");
});

function blobOf(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}
