import { assertEquals } from "@std/assert";
import { existingPart } from "../../src/fs/existing_part.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("existingPart() is the deepest that is there", async (t) => {
  using dir = tempDir();
  await Deno.mkdir(dir.join("a"));
  await Deno.writeTextFile(dir.join("file"), "");
  await Deno.symlink("a", dir.join("link"));
  await Deno.symlink("nowhere", dir.join("dangling"));
  const cases: readonly (readonly [string, string])[] = [
    ["a", "a"],
    ["a/b", "a"],
    ["a/b/c/d", "a"],
    ["link/b", "link"],
    ["file/x", "file"],
    ["dangling", ""],
    ["dangling/x", ""],
  ];
  for (const [path, expected] of cases) {
    await t.step(path, () => {
      assertEquals(existingPart(dir.join(path)), dir.join(expected));
    });
  }
  assertEquals(existingPart("/"), "/");
  assertEquals(existingPart("/no-such-folder/x"), "/");
});
