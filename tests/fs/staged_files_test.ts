import {
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { StagedFiles } from "../../src/fs/staged_files.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("StagedFiles shows its files at once, then does the rest", async () => {
  using dir = tempDir();
  const seen: (readonly string[])[] = [];
  using staged = new StagedFiles();
  staged.write(dir.join("a"), "one", 0o600);
  staged.write(dir.join("b"), "two", 0o644);
  staged.keep(dir.path);
  staged.afterwards(() => void seen.push(readdirSync(dir.path).toSorted()));
  const before = readdirSync(dir.path);
  assertEquals(before.filter((name) => name.startsWith(".tmp-")).length, 2);
  assertEquals(seen, []);
  await staged.commit();
  assertEquals(seen, [["a", "b"]]);
  assertEquals(readFileSync(dir.join("a"), "utf8"), "one");
  assertEquals(readFileSync(dir.join("b"), "utf8"), "two");
  const modes = ["a", "b"].map((name) => statSync(dir.join(name)).mode & 0o777);
  assertEquals(modes, [0o600, 0o644]);
});

Deno.test("StagedFiles syncs before it commits, and commits all", async () => {
  using dir = tempDir();
  using staged = new StagedFiles();
  staged.write(dir.join("a"), "one", 0o600);
  await staged.sync();
  assertFalse(readdirSync(dir.path).includes("a"));
  staged.write(dir.join("b"), "two", 0o600);
  await staged.commit({ directory: "later" });
  assertEquals(readdirSync(dir.path).toSorted(), ["a", "b"]);
});

Deno.test("StagedFiles leaves nothing that was not committed", async () => {
  using dir = tempDir();
  {
    using staged = new StagedFiles();
    staged.write(dir.join("a"), "one", 0o600);
    assertThrows(() => staged.write(dir.join("none", "b"), "two", 0o600));
  }
  assertEquals(readdirSync(dir.path), []);
  {
    mkdirSync(dir.join("taken", "sub"), { recursive: true });
    using staged = new StagedFiles();
    staged.write(dir.join("taken"), "three", 0o600);
    await assertRejects(() => staged.commit());
  }
  assertEquals(readdirSync(dir.path), ["taken"]);
});

Deno.test("StagedFiles reports that a directory to keep is gone", async () => {
  using dir = tempDir();
  using staged = new StagedFiles();
  staged.keep(dir.join("none"));
  await assertRejects(() => staged.commit(), Deno.errors.NotFound);
});
