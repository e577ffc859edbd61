import { assertEquals, assertRejects } from "@std/assert";
import { InvalidManifestError } from "../../src/errors/image_errors.ts";
import { NotFoundError } from "../../src/errors/not_found_errors.ts";
import { hexOf } from "../../src/formats/oci/digest.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { runCommand } from "../../src/process/run_command.ts";
import { openFolder } from "../../src/transports/folder_source.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const MANIFEST = new TextEncoder().encode('{"schemaVersion":2}');
const BLOB = new TextEncoder().encode("a blob");
const descriptor = {
  mediaType: "text/plain",
  digest: digestOf(BLOB),
  size: BLOB.length,
};

async function makeFolder(): Promise<TempDir> {
  const dir = tempDir();
  await Deno.writeFile(dir.join("manifest.json"), MANIFEST);
  await Deno.writeFile(dir.join(hexOf(descriptor.digest)), BLOB);
  return dir;
}

Deno.test("openFolder() gives manifests by their digests", async () => {
  using dir = await makeFolder();
  const other = new TextEncoder().encode('{"schemaVersion":2,"a":1}');
  const digest = digestOf(other);
  const path = dir.join(`${hexOf(digest)}.manifest.json`);
  await Deno.writeFile(path, other);
  const folder = await openFolder(dir.path);
  assertEquals((await folder.fetchManifest()).bytes, MANIFEST);
  const first = await folder.fetchManifest(digestOf(MANIFEST));
  assertEquals(first.bytes, MANIFEST);
  assertEquals((await folder.fetchManifest(digest)).bytes, other);
  await Deno.writeFile(path, MANIFEST);
  await assertRejects(
    () => folder.fetchManifest(digest),
    Error,
    `Cannot read manifest "${digest}": it`,
  );
});

Deno.test("openFolder() reports what is missing, and waits for no pipe", async (t) => {
  const blob = hexOf(descriptor.digest);
  const table: readonly (readonly [
    how: string,
    place: (path: string) => Promise<unknown>,
    type: new (...args: never[]) => Error,
    why: string,
  ])[] = [
    ["missing", () => Promise.resolve(), NotFoundError, "it has no "],
    [
      ...["a folder", (path: string) => Deno.mkdir(path)] as const,
      ...[InvalidManifestError, "it is no regular file"] as const,
    ],
    [
      "a pipe",
      (path: string) => runCommand("/usr/bin/mkfifo", [path]),
      ...[InvalidManifestError, "it is no regular file"] as const,
    ],
    ["a loop", (path) => Deno.symlink(path, path), Error, "os error 40"],
  ];
  for (const [how, place, type, why] of table) {
    for (const name of ["manifest.json", blob]) {
      await t.step(`${name.slice(0, 13)}: ${how}`, async () => {
        using dir = await makeFolder();
        await Deno.remove(dir.join(name));
        await place(dir.join(name));
        const open = async () =>
          await (await openFolder(dir.path)).open(descriptor);
        await assertRejects(open, type, why);
      });
    }
  }
  await t.step("a folder that is none", async () => {
    using dir = await makeFolder();
    await assertRejects(
      () => openFolder(dir.join("manifest.json")),
      NotFoundError,
    );
  });
});

Deno.test("openFolder() reads no manifest that is too large", async () => {
  using dir = await makeFolder();
  await Deno.truncate(dir.join("manifest.json"), 4 * 1024 * 1024 + 1);
  await assertRejects(
    () => openFolder(dir.path),
    InvalidManifestError,
    "larger than 4194304 bytes",
  );
  await Deno.truncate(dir.join("manifest.json"), 4 * 1024 * 1024);
  assertEquals(
    (await (await openFolder(dir.path)).fetchManifest()).bytes.length,
    4 * 1024 * 1024,
  );
});
