/** Blobs that are files: one of another size is damaged, and no broken connection. */

import { assertRejects } from "@std/assert";
import { openMediumSink } from "../../src/engine/media/medium_sink.ts";
import { copyImage } from "../../src/engine/transfer/copy_image.ts";
import { BlobMismatchError } from "../../src/errors/image_errors.ts";
import type { ImageSource } from "../../src/formats/oci/blob_source.ts";
import { hexOf } from "../../src/formats/oci/digest.ts";
import { readOciArchive } from "../../src/transports/archives/oci_archive.ts";
import { openArchive } from "../../src/transports/archives/open_archive.ts";
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
