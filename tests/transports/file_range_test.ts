/** Blobs that are files: one of another size is damaged, and no broken connection. */

import { assertEquals, assertRejects } from "@std/assert";
import { openMediumSink } from "../../src/engine/media/medium_sink.ts";
import { copyImage } from "../../src/engine/transfer/copy_image.ts";
import { BlobMismatchError } from "../../src/errors/image_errors.ts";
import type { ImageSource } from "../../src/formats/oci/blob_source.ts";
import { hexOf } from "../../src/formats/oci/digest.ts";
import { readOciArchive } from "../../src/transports/archives/oci_archive.ts";
import { openArchive } from "../../src/transports/archives/open_archive.ts";
import { readRange, streamRange } from "../../src/transports/file_range.ts";
import { openFolderMedium } from "../../src/transports/folder_medium.ts";
import { openFolder } from "../../src/transports/folder_source.ts";
import { openLayout } from "../../src/transports/layout_source.ts";
import { layoutArchive } from "../support/images/layout_archive.ts";
import { writeTestLayout } from "../support/images/test_layout.ts";
import { tempDir } from "../support/temp_dir.ts";

const OPTIONS = { platform: { os: "linux", architecture: "amd64" } };

/** What has blobs in files, made of a layout, in a folder of its own. */
const SOURCES: Readonly<
  Record<string, (layout: string, own: string) => Promise<ImageSource>>
> = {
  "a layout": (layout) => openLayout(layout),
  async "an archive of a layout"(layout, own) {
    const expand = () => Promise.reject(new Error("it is plain"));
    await Deno.writeFile(own, await layoutArchive(layout));
    const [image] = await readOciArchive(await openArchive(own, { expand }));
    if (image === undefined) throw new Error("no image");
    return await image.open();
  },
  async "a flat folder"(layout, own) {
    await using medium = await openFolderMedium(own);
    const source = await openLayout(layout);
    await copyImage(source, openMediumSink(medium), OPTIONS);
    await medium.commit();
    return await openFolder(own);
  },
};

Deno.test("open() refuses a blob whose file has another size", async (t) => {
  for (const [name, openSource] of Object.entries(SOURCES)) {
    await t.step(name, async () => {
      using dir = tempDir();
      const image = await writeTestLayout(dir.join("layout"));
      const source = await openSource(image.layout, dir.join("own"));
      const [layer] = image.layers;
      if (layer === undefined) throw new Error("no layer");
      for (const size of [layer.size - 1, layer.size + 1]) {
        await assertRejects(
          () => source.open({ ...layer, size }),
          BlobMismatchError,
          `its file has ${layer.size} bytes, expected ${size}`,
        );
      }
    });
  }
});

Deno.test("a copy of a layout whose layer is cut short does not try again", async () => {
  using dir = tempDir();
  const { layout, layers } = await writeTestLayout(dir.join("layout"));
  const [layer] = layers;
  if (layer === undefined) throw new Error("no layer");
  await Deno.truncate(`${layout}/blobs/sha256/${hexOf(layer.digest)}`, 10);
  await using medium = await openFolderMedium(dir.join("own"));
  const events: string[] = [];
  const sink = openMediumSink(medium, {
    onEvent: ({ kind }) => events.push(kind),
  });
  const source = await openLayout(layout);
  await assertRejects(
    () => copyImage(source, sink, OPTIONS),
    BlobMismatchError,
    "its file has 10 bytes",
  );
  if (events.includes("retry")) throw new Error("it was tried again");
});

/** Ranges of a file of "0123456789", and what is in them behind an offset. */
const RANGES: readonly (readonly [
  range: { readonly offset?: number; readonly size: number },
  offset: number | undefined,
  text: string,
])[] = [
  [{ size: 10 }, undefined, "0123456789"],
  [{ size: 4 }, undefined, "0123"],
  [{ size: 4 }, 1, "123"],
  [{ size: 4 }, 4, ""],
  [{ size: 4 }, 5, ""],
  [{ size: 0 }, undefined, ""],
  [{ offset: 3, size: 4 }, undefined, "3456"],
  [{ offset: 3, size: 4 }, 2, "56"],
  [{ offset: 3, size: 4 }, 4, ""],
  // The file was cut short.
  [{ offset: 8, size: 4 }, undefined, "89"],
  [{ offset: 8, size: 4 }, 1, "9"],
  [{ offset: 20, size: 4 }, undefined, ""],
];

Deno.test("streamRange() and readRange() read a part of a file", async (t) => {
  using dir = tempDir();
  const path = dir.join("file");
  await Deno.writeTextFile(path, "0123456789");
  for (const [range, offset, text] of RANGES) {
    await t.step(`${JSON.stringify(range)} from ${offset}`, async () => {
      const stream = await streamRange({ path, ...range }, {
        ...offset !== undefined && { offset },
      });
      assertEquals(await new Response(stream).text(), text);
      if (offset !== undefined) return;
      const bytes = await readRange({ path, ...range });
      assertEquals(new TextDecoder().decode(bytes), text);
    });
  }
});

Deno.test("streamRange() ends with the signal's reason, and lets the file go", async (t) => {
  using dir = tempDir();
  const path = dir.join("file");
  await Deno.writeFile(path, new Uint8Array(600 * 1024));
  const file = { path, size: 600 * 1024 };
  const reason = new Error("stop");
  await t.step("before", async () => {
    const signal = AbortSignal.abort(reason);
    await assertRejects(() => streamRange(file, { signal }), Error, "stop");
  });
  await t.step("meanwhile", async () => {
    const ending = new AbortController();
    const stream = await streamRange(file, { signal: ending.signal });
    const reader = stream.getReader();
    const { value } = await reader.read();
    assertEquals(value?.length, 256 * 1024);
    ending.abort(reason);
    await assertRejects(
      async () => {
        for (;;) if ((await reader.read()).done) break;
      },
      Error,
      "stop",
    );
  });
  await t.step("given up by who reads", async () => {
    const stream = await streamRange(file);
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel();
  });
});
