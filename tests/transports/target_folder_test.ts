import { assert, assertEquals, assertRejects } from "@std/assert";
import { lstatSync } from "node:fs";
import { InvalidManifestError } from "../../src/errors/image_errors.ts";
import { openFolderMedium } from "../../src/transports/folder_medium.ts";
import { openLayoutMedium } from "../../src/transports/layout_medium.ts";
import { listDirectory } from "../../src/fs/list_directory.ts";
import { tempDir } from "../support/temp_dir.ts";

const MEDIA = { layout: openLayoutMedium, folder: openFolderMedium };

Deno.test("media are opened in folders only, and change nothing else", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "mine");
  await Deno.symlink(dir.join("nowhere"), dir.join("dangling"));
  await Deno.symlink(dir.join("file"), dir.join("to-file"));
  await Deno.mkdir(dir.join("others"));
  await Deno.writeTextFile(dir.join("others/notes"), "mine");
  const before = listDirectory(dir.path).toSorted();
  const places = ["file", "dangling", "to-file", "file/below", "others"];
  for (const [kind, open] of Object.entries(MEDIA)) {
    for (const place of places) {
      await t.step(`${place}, for a ${kind}`, async () => {
        await assertRejects(
          () => open(dir.join(place)),
          InvalidManifestError,
          dir.join(place),
        );
        assertEquals(listDirectory(dir.path).toSorted(), before);
      });
    }
  }
  assert(lstatSync(dir.join("dangling")).isSymbolicLink());
});

Deno.test("media follow a link to a folder, which stays", async () => {
  for (const open of Object.values(MEDIA)) {
    using dir = tempDir();
    await Deno.mkdir(dir.join("real"));
    await Deno.symlink("real", dir.join("link"));
    const medium = await open(dir.join("link"));
    await medium[Symbol.asyncDispose](); // nothing was committed
    assertEquals(listDirectory(dir.path).toSorted(), ["link", "real"]);
  }
});
