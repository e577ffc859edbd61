import { assert, assertEquals, assertRejects } from "@std/assert";
import { linkSync, symlinkSync } from "node:fs";
import { measureTree } from "../../src/fs/measure_tree.ts";
import { diskUsage } from "../../src/fs/disk_usage.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("measureTree() counts files once, and follows no links", async () => {
  using dir = tempDir();
  await Deno.mkdir(dir.join("a"));
  await Deno.writeFile(dir.join("a", "file"), new Uint8Array(10_000));
  linkSync(dir.join("a", "file"), dir.join("again"));
  symlinkSync("/usr", dir.join("link"));
  const { bytes, inodes } = await measureTree(dir.path);
  assertEquals(inodes, 4); // the root, a, file, link
  assertEquals(bytes, diskUsage(dir.path));
  const none = await measureTree(dir.join("none"));
  assertEquals(none, { bytes: 0, inodes: 0 });
});

Deno.test("measureTree() lets others work, and can be ended", async () => {
  using dir = tempDir();
  for (let n = 0; n < 3000; n++) await Deno.writeTextFile(dir.join(`${n}`), "");
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  assertEquals((await measureTree(dir.path)).inodes, 3001);
  clearInterval(timer);
  assert(turns > 1, `${turns} turns`);
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => measureTree(dir.path, { signal }), Error, "enough");
});
