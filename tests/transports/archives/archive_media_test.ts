/** Archives that are written: as containers/image writes them, and all or nothing. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { readdirSync } from "node:fs";
import { openMediumSink } from "../../../src/engine/media/medium_sink.ts";
import { copyImage } from "../../../src/engine/transfer/copy_image.ts";
import { DuplicateNameError } from "../../../src/errors/naming_errors.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";
import { nameOf, parseReference } from "../../../src/formats/oci/reference.ts";
import {
  openOutput,
  type OpenOutputOptions,
} from "../../../src/transports/archives/archive_output.ts";
import { openDockerArchiveMedium } from "../../../src/transports/archives/docker_archive_medium.ts";
import { openOciArchiveMedium } from "../../../src/transports/archives/oci_archive_medium.ts";
import { openLayout } from "../../../src/transports/layout_source.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

const PLATFORM = { os: "linux", architecture: "amd64" };
const NAME = nameOf(parseReference("quay.io/a/b:1"));

Deno.test("a docker archive is skopeo's, byte for byte", {
  ...needs("skopeo"),
}, async () => {
  using dir = tempDir();
  const { layout } = await writeTestLayout(dir.join("layout"));
  const own = dir.join("own.tar");
  await save(layout, own);
  const peer = dir.join("peer.tar");
  const { success } = await new Deno.Command("skopeo", {
    args: ["copy", "-q", `oci:${layout}`, `docker-archive:${peer}:${NAME}`],
  }).output();
  assert(success);
  assertEquals(await Deno.readFile(own), await Deno.readFile(peer));
});

Deno.test("an archive keeps what two images share once", async () => {
  using dir = tempDir();
  const { layout } = await writeTestLayout(dir.join("layout"));
  const path = dir.join("a.tar");
  {
    await using medium = openDockerArchiveMedium(await open(path));
    for (const name of [NAME, nameOf(parseReference("other:2"))]) {
      const sink = openMediumSink(medium, { isNamed: false, names: [name] });
      const source = await openLayout(layout);
      await copyImage(source, sink, { platform: PLATFORM });
    }
    await medium.commit();
  }
  const names = await tar("--list", "--file", path);
  assertEquals(new Set(names).size, names.length);
  const [list = ""] = await tar("-xOf", path, "manifest.json");
  const [only, ...others] = JSON.parse(list);
  assertEquals(others, []);
  assertEquals(only.RepoTags, [NAME, "docker.io/library/other:2"]);
});

Deno.test("an archive is the same for the same image", async () => {
  using dir = tempDir();
  const { layout } = await writeTestLayout(dir.join("layout"));
  const [one, two] = [dir.join("one"), dir.join("two")] as const;
  for (const path of [one, two]) {
    await using medium = openOciArchiveMedium(await open(path), { ref: "1" });
    const source = await openLayout(layout);
    await copyImage(source, openMediumSink(medium), { platform: PLATFORM });
    await medium.commit();
  }
  assertEquals(await Deno.readFile(one), await Deno.readFile(two));
});

Deno.test("openOutput() leaves what is there until it commits", async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("a.tar"), "old", { mode: 0o600 });
  await Deno.symlink("a.tar", dir.join("link"));
  const written = async (end: "commit" | "discard") => {
    await using output = await open(dir.join("link"), { existing: "replace" });
    await Deno.writeTextFile(`${output.temporary}/blob`, "aside");
    await output.write(new TextEncoder().encode("new"));
    if (end === "commit") await output.commit();
    return await Deno.readTextFile(dir.join("a.tar"));
  };
  const countOpen = () => readdirSync("/proc/self/fd").length;
  const before = countOpen();
  assertEquals(await written("discard"), "old");
  assertEquals(await written("commit"), "new");
  assertEquals(countOpen(), before);
  assertEquals(readdirSync(dir.path).toSorted(), ["a.tar", "link"]);
  const { mode } = await Deno.stat(dir.join("a.tar"));
  assertEquals(((mode ?? 0) & 0o777).toString(8), "600");
});

Deno.test("openOutput() writes to no file that is to stay", async () => {
  using dir = tempDir();
  const path = dir.join("a.tar");
  await Deno.writeTextFile(path, "old");
  await assertRejects(() => open(path), DuplicateNameError, "it exists");
  await assertRejects(() => open(dir.path), DuplicateNameError, "a directory");
  await assertRejects(
    () => open(dir.join("none/a.tar")),
    NotFoundError,
    "no such file or directory",
  );
  await Deno.writeTextFile(path, ""); // as mktemp makes it
  await using output = await open(path);
  await output.commit();
});

Deno.test("openOutput() writes to a FIFO", async () => {
  using dir = tempDir();
  const path = dir.join("fifo");
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const reader = Deno.readTextFile(path);
  let isRemoved = false;
  const space = {
    path: "/none",
    // deno-lint-ignore require-await -- the interface's
    async [Symbol.asyncDispose]() {
      isRemoved = true;
    },
  };
  {
    await using output = await open(path, { space });
    await output.write(new TextEncoder().encode("new"));
    await output.commit();
  }
  assertEquals(await reader, "new");
  assert(isRemoved);
});

async function save(layout: string, path: string): Promise<void> {
  const output = await open(path);
  await using medium = openDockerArchiveMedium(output, { name: NAME });
  const source = await openLayout(layout);
  await copyImage(source, openMediumSink(medium), { platform: PLATFORM });
  await medium.commit();
}

function open(
  path: string,
  options: Partial<OpenOutputOptions> = {},
) {
  const space = { path: "/none", async [Symbol.asyncDispose]() {} };
  return openOutput(path, { existing: "refuse", space, ...options });
}

async function tar(...args: string[]): Promise<readonly string[]> {
  const { stdout } = await new Deno.Command("tar", { args }).output();
  return new TextDecoder().decode(stdout).trim().split("\n");
}

Deno.test("openOutput() does not wait for a reader for ever", {
  // The system's own wait ends when somebody reads, after all.
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  using dir = tempDir();
  const path = dir.join("fifo");
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const controller = new AbortController();
  const opening = open(path, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => opening, Error, "enough");
  using _reader = await Deno.open(path, { read: true });
});
