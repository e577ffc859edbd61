import { assertEquals, assertThrows } from "@std/assert";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { makeOwnDirectory } from "../../src/fs/own_directory.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("makeOwnDirectory() makes what only its owner may enter", () => {
  using dir = tempDir();
  const path = dir.join("a", "b");
  assertEquals(makeOwnDirectory(path), path);
  assertEquals(statSync(path).mode & 0o7777, 0o700);
  chmodSync(path, 0o755);
  makeOwnDirectory(path);
  assertEquals(statSync(path).mode & 0o7777, 0o700);
});

Deno.test("makeOwnDirectory() follows no link", async (t) => {
  using dir = tempDir();
  mkdirSync(dir.join("other"));
  writeFileSync(dir.join("file"), "");
  symlinkSync("other", dir.join("link"));
  symlinkSync("nowhere", dir.join("dangling"));
  for (
    const [name, what] of [
      ["link", "a symbolic link"],
      ["dangling", "a symbolic link"],
      ["file", "no directory"],
    ] as const
  ) {
    await t.step(name, () => {
      assertThrows(
        () => makeOwnDirectory(dir.join(name)),
        TypeError,
        `Cannot use "${dir.join(name)}": it is ${what}`,
      );
    });
  }
  assertEquals(readdirSync(dir.join("other")), []);
});
