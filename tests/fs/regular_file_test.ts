import { assert, assertEquals, assertThrows } from "@std/assert";
import { closeSync, readSync } from "node:fs";
import { openRegularFile, readRegularFile } from "../../src/fs/regular_file.ts";
import { runCommand } from "../../src/process/run_command.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("a regular file is opened and read, and nothing else", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "text");
  await Deno.symlink("file", dir.join("link"));
  await Deno.mkdir(dir.join("folder"));
  await runCommand("/usr/bin/mkfifo", [dir.join("pipe")]);
  using _socket = Deno.listen({ transport: "unix", path: dir.join("socket") });
  const table: readonly [name: string, why: string][] = [
    ["none", "it is missing"],
    ["file/below", "it is missing"],
    ["link", "it is no regular file"],
    ["folder", "it is no regular file"],
    ["pipe", "it is no regular file"],
    ["socket", "it is no regular file"],
  ];
  for (const [name, why] of table) {
    await t.step(name, () => {
      assertEquals(openRegularFile(dir.join(name)), why);
      assertEquals(readRegularFile(dir.join(name), 100), why);
    });
  }
  await t.step("a file", () => {
    const fd = openRegularFile(dir.join("file"));
    assert(typeof fd === "number");
    const bytes = new Uint8Array(9);
    assertEquals(readSync(fd, bytes), 4);
    closeSync(fd);
  });
  await t.step("a file of the largest size, and of one byte more", () => {
    const bytes = new TextEncoder().encode("text");
    assertEquals(readRegularFile(dir.join("file"), 4), bytes);
    assertEquals(readRegularFile(dir.join("file"), 3), "it has 4 bytes");
  });
});

Deno.test("what may not be seen is an error", { permissions: {} }, () => {
  assertThrows(() => openRegularFile("/etc/passwd"), Deno.errors.NotCapable);
});
