import { assert, assertEquals, assertThrows } from "@std/assert";
import { linkSync, lstatSync, rmSync } from "node:fs";
import { treeBlocks } from "../../src/fs/tree_blocks.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("treeBlocks() tells the blocks of each file once", async () => {
  using dir = tempDir();
  await Deno.mkdir(dir.join("a/b"), { recursive: true });
  await Deno.writeFile(dir.join("a/large"), new Uint8Array(300_000).fill(1));
  await Deno.writeFile(dir.join("a/b/small"), new Uint8Array(10).fill(1));
  await Deno.writeFile(dir.join("a/b/empty"), new Uint8Array(0));
  await Deno.symlink("a", dir.join("link"));
  linkSync(dir.join("a/large"), dir.join("same"));
  linkSync(dir.join("a/large"), dir.join("again"));
  const paths = ["", "a", "a/b", "a/large", "a/b/small", "a/b/empty", "link"];
  const expected = paths.map((path) =>
    Number(lstatSync(dir.join(path)).blocks) * 512
  );
  assert(expected.some((bytes) => bytes >= 300_000));
  const byNumber = (a: number, b: number) => a - b;
  assertEquals(
    [...treeBlocks(dir.path)].toSorted(byNumber),
    expected.toSorted(byNumber),
  );
  assertEquals([...treeBlocks(dir.join("a/b/small"))], [expected[4]]);
  assertEquals([...treeBlocks(dir.join("none"))], []);
  assertEquals([...treeBlocks(dir.join("a/large/x"))], []);
});

Deno.test("treeBlocks() leaves out what vanishes meanwhile", async () => {
  using dir = tempDir();
  await Deno.mkdir(dir.join("a/b"), { recursive: true });
  const seen: number[] = [];
  for (const bytes of treeBlocks(dir.path)) {
    seen.push(bytes);
    rmSync(dir.join("a"), { recursive: true, force: true });
  }
  assertEquals(seen.length, 1);
});

Deno.test("treeBlocks() does not take what is broken for gone", {
  ...needs("root"),
}, () => {
  using dir = tempDir();
  Deno.symlinkSync("loop", dir.join("loop"));
  assertThrows(() => [...treeBlocks(dir.join("loop/x"))], Error, "ELOOP");
});
