import { assertEquals, assertThrows } from "@std/assert";
import { listDirectory, listIfDirectory } from "../../src/fs/list_directory.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("listDirectory() takes an absent directory for an empty one", async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("a"), "");
  assertEquals(listDirectory(dir.path), ["a"]);
  assertEquals(listDirectory(dir.join("gone")), []);
});

Deno.test("listDirectory() takes nothing else for an empty one", () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.join("file"), "");
  assertThrows(
    () => listDirectory(dir.join("file")),
    Deno.errors.NotADirectory,
  );
});

Deno.test("listIfDirectory() treats what is not a directory as empty", () => {
  using dir = tempDir();
  Deno.writeTextFileSync(dir.join("file"), "");
  Deno.symlinkSync("loop", dir.join("loop"));
  assertEquals(listIfDirectory(dir.path).toSorted(), ["file", "loop"]);
  for (const name of ["file", "loop", "gone"]) {
    assertEquals(listIfDirectory(dir.join(name)), []);
  }
});
