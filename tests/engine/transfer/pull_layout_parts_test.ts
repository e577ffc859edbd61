/** Layouts whose files are no files, or not of their size. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { hexOf } from "../../../src/formats/oci/digest.ts";
import { MAX_MANIFEST_SIZE } from "../../../src/formats/oci/manifest.ts";
import {
  type TestImage,
  writeTestLayout,
} from "../../support/images/test_layout.ts";
import { pullStore } from "../../support/pulls/pull_store.ts";
import { run } from "../../support/servers/registry_server.ts";
import { tempDir } from "../../support/temp_dir.ts";

const PARTS: Readonly<Record<string, (image: TestImage) => string>> = {
  "oci-layout": () => "oci-layout",
  "index": () => "index.json",
  "manifest": ({ manifest }) => blobOf(manifest.digest),
  "config": ({ config }) => blobOf(config.digest),
  "layer": ({ layers }) => blobOf(layers[0]?.digest),
};
const NO_FILE = "it is no regular file";

/** What is put in a part's place, and what is said of it. */
interface Spoiler {
  readonly put: (path: string) => Promise<unknown>;
  readonly says: string;
  /** Left out, in all parts. */
  readonly parts?: readonly string[];
}

const SPOILERS: Readonly<Record<string, Spoiler>> = {
  "a pipe": { put: (path) => run("mkfifo", path), says: NO_FILE },
  "a directory": { put: (path) => Deno.mkdir(path), says: NO_FILE },
  "an endless device": {
    put: (path) => Deno.symlink("/dev/zero", path),
    says: NO_FILE,
  },
  "a huge file": {
    put: (path) => makeFile(path, MAX_MANIFEST_SIZE + 1),
    says: `larger than ${MAX_MANIFEST_SIZE} bytes`,
    parts: ["oci-layout", "index", "manifest"],
  },
  "a file that is too long": {
    put: (path) => makeFile(path, 1e12),
    says: "its file has 1000000000000 bytes, expected",
    parts: ["layer"],
  },
  "an empty file": {
    put: (path) => makeFile(path, 0),
    says: "its file has 0 bytes, expected",
    parts: ["layer"],
  },
};

Deno.test("pullImage() waits for no part of a layout that is none", async (t) => {
  for (const [what, { put, says, parts }] of Object.entries(SPOILERS)) {
    for (const [part, pathOf] of Object.entries(PARTS)) {
      if (parts?.includes(part) === false) continue;
      await t.step(`${what} for its ${part}`, async () => {
        using store = pullStore();
        using dir = tempDir();
        const image = await writeTestLayout(dir.path);
        const path = dir.join(pathOf(image));
        await Deno.remove(path);
        await put(path);
        const { code, message } = await store.fail(`oci:${dir.path}`);
        assertStringIncludes(message, says);
        assertEquals(code, 5, message);
        assertEquals(
          store.contents().filter((content) => content.startsWith("image")),
          [],
        );
      });
    }
  }
});

function blobOf(digest: TestImage["manifest"]["digest"] | undefined): string {
  return `blobs/sha256/${digest === undefined ? "none" : hexOf(digest)}`;
}

async function makeFile(path: string, size: number): Promise<void> {
  await Deno.writeFile(path, new Uint8Array());
  await Deno.truncate(path, size);
}
