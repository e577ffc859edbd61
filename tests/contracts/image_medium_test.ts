import { existsSync } from "node:fs";
import type { ImageSource } from "../../src/formats/oci/blob_source.ts";
import type { ImageMedium } from "../../src/formats/oci/image_medium.ts";
import { openFolderMedium } from "../../src/transports/folder_medium.ts";
import { openFolder } from "../../src/transports/folder_source.ts";
import { openLayoutMedium } from "../../src/transports/layout_medium.ts";
import { openLayout } from "../../src/transports/layout_source.ts";
import { tempDir } from "../support/temp_dir.ts";
import { type MediumPlace, testImageMedium } from "./image_medium_suite.ts";

Deno.test("a layout is an ImageMedium", async (t) => {
  await testImageMedium(t, () =>
    place({
      open: (path) => openLayoutMedium(path, { ref: "1" }),
      read: (path) => openLayout(path, { ref: "1" }),
      marker: "index.json",
    }));
});

Deno.test("a folder is an ImageMedium", async (t) => {
  await testImageMedium(t, () =>
    place({
      open: openFolderMedium,
      read: openFolder,
      marker: "manifest.json",
    }));
});

interface Folder {
  readonly open: (path: string) => Promise<ImageMedium>;
  readonly read: (path: string) => Promise<ImageSource>;
  /** The file without which there is no image. */
  readonly marker: string;
}

function place({ open, read, marker }: Folder): Promise<MediumPlace> {
  const dir = tempDir();
  const path = dir.join("medium");
  return Promise.resolve({
    isReplaceable: true,
    open: () => open(path),
    read: async () =>
      existsSync(`${path}/${marker}`) ? await read(path) : undefined,
    // deno-lint-ignore require-await -- others have to wait
    [Symbol.asyncDispose]: async () => dir[Symbol.dispose](),
  });
}
