import { assertEquals, assertRejects } from "@std/assert";
import { readdirSync } from "node:fs";
import { toText } from "../../src/formats/bytes.ts";
import { openWithoutLibc } from "../../src/fs/open_without_libc.ts";
import { readRegularFile } from "../../src/fs/regular_file.ts";
import { tempDir } from "../support/temp_dir.ts";

function countOpen(): number {
  return readdirSync("/proc/self/fd").length;
}

Deno.test("openWithoutLibc() opens regular files alone, and closes them", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "abcdefg");
  await Deno.symlink("file", dir.join("link"));
  await Deno.mkdir(dir.join("folder"));
  await new Deno.Command("mkfifo", { args: [dir.join("fifo")] }).output();
  const before = countOpen();
  await t.step("a file", async () => {
    const file = await openWithoutLibc(dir.join("file"));
    const buffer = new Uint8Array(3);
    const parts: string[] = [];
    for (;;) {
      const count = await file?.read(buffer) ?? 0;
      parts.push(toText(buffer.slice(0, count)));
      if (count === 0) break;
    }
    assertEquals(parts, ["abc", "def", "g", ""]);
    await file?.[Symbol.asyncDispose]();
    assertEquals(countOpen(), before);
  });
  for (const name of ["folder", "fifo"]) {
    await t.step(name, async () => {
      assertEquals(await openWithoutLibc(dir.join(name)), undefined);
      assertEquals(countOpen(), before);
    });
  }
  await t.step("what cannot be opened", async () => {
    await assertRejects(
      () => openWithoutLibc(dir.join("link")),
      Error,
      "ELOOP",
    );
    await assertRejects(() => openWithoutLibc(dir.join("x")), Error, "ENOENT");
    assertEquals(countOpen(), before);
  });
});

Deno.test("readRegularFile() closes what it has read, or not", async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "abc");
  const before = countOpen();
  assertEquals(readRegularFile(dir.join("file"), 2), "it has 3 bytes");
  assertEquals(
    readRegularFile(dir.join("file"), 3),
    new TextEncoder().encode("abc"),
  );
  assertEquals(countOpen(), before);
});
