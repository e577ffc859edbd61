import { assert, assertEquals, assertThrows } from "@std/assert";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { diskUsage } from "../../src/fs/disk_usage.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const KIB = 1024;

Deno.test("diskUsage() counts blocks, each file once, and follows no links", () => {
  using dir = tempDir();
  const before = diskUsage(dir.path);
  mkdirSync(dir.join("a", "b"), { recursive: true });
  const empty = diskUsage(dir.path);
  writeFileSync(dir.join("a", "b", "file"), new Uint8Array(100 * KIB).fill(1));
  linkSync(dir.join("a", "b", "file"), dir.join("a", "same"));
  symlinkSync("/", dir.join("a", "root"));
  const used = diskUsage(dir.path) - empty;
  assert(empty >= before);
  assert(used >= 100 * KIB && used < 150 * KIB, `${used}`);
});

Deno.test("diskUsage() is 0 for what is absent", () => {
  using dir = tempDir();
  assertEquals(diskUsage(dir.join("none")), 0);
});

Deno.test("diskUsage() tolerates names that are not UTF-8, and deep trees", {
  ...needs("python3"),
}, async () => {
  using dir = tempDir();
  const code = "import os, sys\n" +
    "os.chdir(sys.argv[1])\n" +
    "os.mkdir(b'\\xff'); open(b'\\xfe', 'w').close()\n" +
    "for _ in range(100): os.mkdir('d' * 200); os.chdir('d' * 200)\n";
  const args = ["-c", code, dir.path];
  const { success } = await new Deno.Command("python3", { args }).output();
  assert(success);
  diskUsage(dir.path);
});

Deno.test("diskUsage() does not take what it may not see for absent", {
  permissions: { read: false },
}, () => {
  assertThrows(() => diskUsage("/etc"), Deno.errors.NotCapable);
});
