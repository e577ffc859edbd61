import { assertEquals, assertRejects } from "@std/assert";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import {
  appendLineInRoot,
  removeLinesInRoot,
} from "../../src/fs/change_in_root.ts";
import { tempDir } from "../support/temp_dir.ts";

const MODE_BITS = 0o7777;

Deno.test("appendLineInRoot() adds a line of its own", async (t) => {
  const table: readonly [before: string, after: string][] = [
    ["", "new\n"],
    ["a\n", "a\nnew\n"],
    ["a", "a\nnew\n"],
    ["a\n\n", "a\n\nnew\n"],
  ];
  for (const [before, after] of table) {
    await t.step(JSON.stringify(before), () => {
      using dir = tempDir();
      writeFileSync(dir.join("file"), before, { mode: 0o600 });
      appendLineInRoot(dir.path, "file", "new");
      assertEquals(Deno.readTextFileSync(dir.join("file")), after);
      assertEquals(statSync(dir.join("file")).mode & MODE_BITS, 0o600);
    });
  }
});

Deno.test("appendLineInRoot() makes no file, and leaves the root by no link", () => {
  using dir = tempDir();
  Deno.mkdirSync(dir.join("root", "folder"), { recursive: true });
  writeFileSync(dir.join("secret"), "outside\n");
  symlinkSync("../secret", dir.join("root", "link"));
  for (const path of ["none", "folder", "link"]) {
    appendLineInRoot(dir.join("root"), path, "new");
  }
  const names = [...Deno.readDirSync(dir.join("root"))].map(({ name }) => name);
  assertEquals(names.toSorted(), ["folder", "link"]);
  assertEquals(Deno.readTextFileSync(dir.join("secret")), "outside\n");
});

Deno.test("removeLinesInRoot() takes out lines, and keeps owner and mode", {
  ignore: Deno.uid() !== 0,
}, async () => {
  using dir = tempDir();
  mkdirSync(dir.join("etc"));
  writeFileSync(dir.join("etc", "group"), "a\nb\na\nc");
  chownSync(dir.join("etc", "group"), 7, 8);
  chmodSync(dir.join("etc", "group"), 0o4604);
  symlinkSync("/etc/group", dir.join("link"));
  await removeLinesInRoot(dir.path, "link", (line) => line === "a");
  assertEquals(readFileSync(dir.join("etc", "group"), "utf8"), "b\nc\n");
  const { mode, uid, gid } = statSync(dir.join("etc", "group"));
  assertEquals([mode & MODE_BITS, uid, gid], [0o4604, 7, 8]);
  assertEquals(readdirSync(dir.join("etc")).length, 1);
});

Deno.test("removeLinesInRoot() leaves the file as it was when it fails", async () => {
  using dir = tempDir();
  writeFileSync(dir.join("group"), "a\nb\n");
  const fail = () => {
    throw new RangeError("stopped");
  };
  await assertRejects(
    () => removeLinesInRoot(dir.path, "group", fail),
    RangeError,
    "stopped",
  );
  assertEquals(readFileSync(dir.join("group"), "utf8"), "a\nb\n");
  assertEquals(readdirSync(dir.path).length, 1);
});
