import { assert, assertThrows } from "@std/assert";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { syncDirectory, syncTree } from "../../src/fs/sync.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("syncTree() follows no links, and minds no dangling one", () => {
  using dir = tempDir();
  mkdirSync(dir.join("a", "b"), { recursive: true });
  writeFileSync(dir.join("a", "file"), "x", { mode: 0o400 });
  symlinkSync("nowhere", dir.join("a", "dangling"));
  symlinkSync("/proc/kmsg", dir.join("a", "kmsg")); // to open it would block
  syncTree(dir.path);
});

Deno.test("syncDirectory() reports that a directory is gone", () => {
  using dir = tempDir();
  assertThrows(() => syncDirectory(dir.join("none")), Deno.errors.NotFound);
});

Deno.test("syncTree() tolerates names that are not UTF-8", {
  ...needs("python3"),
}, async () => {
  using dir = tempDir();
  const code = "import os, sys\n" +
    "os.chdir(sys.argv[1])\n" +
    "os.mkdir(b'\\xff'); open(b'\\xfe', 'w').close()\n";
  const args = ["-c", code, dir.path];
  const { success } = await new Deno.Command("python3", { args }).output();
  assert(success);
  syncTree(dir.path);
});
