import { assert, assertEquals, assertRejects } from "@std/assert";
import { lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "@std/path";
import { openMediumSink } from "../../src/engine/media/medium_sink.ts";
import { copyImage } from "../../src/engine/transfer/copy_image.ts";
import type { ImageSource } from "../../src/formats/oci/blob_source.ts";
import type { ImageMedium } from "../../src/formats/oci/image_medium.ts";
import { hexOf } from "../../src/formats/oci/digest.ts";
import { openFolder } from "../../src/transports/folder_source.ts";
import { openLayout } from "../../src/transports/layout_source.ts";
import { writeTestLayout } from "../support/images/test_layout.ts";
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

const images = tempDir();
Deno.test.afterAll(() => images[Symbol.dispose]());
const ONE = await writeTestLayout(images.join("one"));
const TWO = await writeTestLayout(images.join("two"), { layerSize: 9000 });
const PLATFORM = { os: "linux", architecture: "amd64" };
const HEX = "0".repeat(64);

/** What a copy that was killed leaves, at any moment. */
const LEFT: readonly (readonly [keyof typeof MEDIA, ...files: string[]])[] = [
  ["layout", "blobs/sha256/.tmp-12"],
  ["layout", `blobs/sha256/.tmp-${HEX}12`],
  ["layout", ".tmp-oci-layout12"],
  ["layout", "oci-layout"],
  ["layout", "oci-layout", ".tmp-index.json12", "blobs/sha256/.tmp-12"],
  ["folder", ".tmp-version12"],
  ["folder", "version", ".tmp-12", HEX],
  ["folder", "version", `${HEX}.manifest.json`, ".tmp-manifest.json12"],
];
const TEXTS: Readonly<Record<string, string>> = {
  version: "Directory Transport Version: 1.1\n",
  "oci-layout": '{"imageLayoutVersion":"1.0.0"}',
};

Deno.test("media take up what a killed copy left, and clear it away", async (t) => {
  for (const [kind, ...files] of LEFT) {
    await t.step(`${kind} with ${files}`, async () => {
      using dir = tempDir();
      const place = dir.join("place");
      for (const file of files) {
        mkdirSync(dirname(`${place}/${file}`), { recursive: true });
        writeFileSync(`${place}/${file}`, TEXTS[file] ?? "half");
      }
      const fresh = dir.join("fresh");
      for (const path of [place, fresh]) {
        await using medium = await MEDIA[kind](path);
        await put(medium);
        await medium.commit();
      }
      assertEquals(tree(place), tree(fresh));
    });
  }
});

Deno.test("a copy that fails takes nothing away that others wrote", async (t) => {
  for (const [kind, open] of Object.entries(MEDIA)) {
    await t.step(`files of the user, in a ${kind}`, async () => {
      using dir = tempDir();
      const place = dir.join("new");
      {
        await using medium = await open(place);
        await put(medium);
        await Deno.writeTextFile(`${place}/notes`, "mine");
      }
      assertEquals(tree(place), ["notes"]);
    });
    await t.step(`nothing, in a ${kind} whose first blob fails`, async () => {
      using dir = tempDir();
      {
        await using medium = await open(dir.join("new"));
        const broken = () => Promise.reject(new Error("broken"));
        const blob = { kind: "layer", mediaType: "", open: broken } as const;
        await assertRejects(() => medium.put(blob), Error, "broken");
      }
      assertEquals(listDirectory(dir.path), []);
    });
    await t.step(`nothing, in a ${kind}`, async () => {
      using dir = tempDir();
      {
        await using medium = await open(dir.join("new"));
        await put(medium);
      }
      assertEquals(listDirectory(dir.path), []);
    });
  }
});

Deno.test("copies into one layout at once keep each other's images", async (t) => {
  for (const order of ["before", "after"]) {
    await t.step(`the other fails ${order} this is there`, async () => {
      using dir = tempDir();
      const place = dir.join("new");
      const failing = await openLayoutMedium(place, { ref: "failing" });
      {
        await using medium = await openLayoutMedium(place, { ref: "a" });
        await put(failing);
        await put(medium); // finds the blobs of the other
        if (order === "before") await failing[Symbol.asyncDispose]();
        await medium.commit();
        if (order === "after") await failing[Symbol.asyncDispose]();
      }
      await readAll(await openLayout(place, { ref: "a" }));
    });
  }
  await t.step("both are there", async () => {
    using dir = tempDir();
    const refs = Array.from({ length: 8 }, (_, index) => `v${index}`);
    await Promise.all(refs.map(async (ref, index) => {
      await using medium = await openLayoutMedium(dir.join("new"), { ref });
      await put(medium, index % 2 === 0 ? ONE.layout : TWO.layout);
      await medium.commit();
    }));
    for (const ref of refs) {
      await readAll(await openLayout(dir.join("new"), { ref }));
    }
  });
});

Deno.test("copies into one flat folder come one after the other", async () => {
  using dir = tempDir();
  const place = dir.join("new");
  await Promise.all([ONE, TWO, ONE, TWO].map(async ({ layout }) => {
    await using medium = await openFolderMedium(place);
    await put(medium, layout);
    await medium.commit();
  }));
  await readAll(await openFolder(place));
  const waiting = new AbortController();
  await using _medium = await openFolderMedium(place);
  const second = openFolderMedium(place, waiting);
  waiting.abort(new Error("enough"));
  await assertRejects(() => second, Error, "enough");
});

async function put(medium: ImageMedium, layout = ONE.layout): Promise<void> {
  const source = await openLayout(layout);
  await copyImage(source, openMediumSink(medium), { platform: PLATFORM });
}

/** Fails if a blob of the image is missing. */
async function readAll(source: ImageSource): Promise<void> {
  const { digest } = await source.fetchManifest();
  const image = [ONE, TWO].find(({ manifest }) => manifest.digest === digest);
  if (image === undefined) throw new Error("another image");
  for (const blob of [image.config, ...image.layers]) {
    const bytes = await new Response(await source.open(blob)).bytes();
    assertEquals(bytes.length, blob.size, hexOf(blob.digest));
  }
}

/** All paths below a folder. */
function tree(directory: string): readonly string[] {
  return [...Deno.readDirSync(directory)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? tree(`${directory}/${name}`).map((path) => `${name}/${path}`)
      : [name]
  ).toSorted();
}
