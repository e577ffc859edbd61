import { assertEquals, assertThrows } from "@std/assert";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import {
  copyAtomically,
  writeAtomically,
} from "../../src/fs/write_atomically.ts";
import { describeError } from "../../src/cli/render/describe_error.ts";
import { needs } from "../support/peers.ts";
import { run } from "../support/servers/registry_server.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("writeAtomically() replaces a file, whatever the umask", () => {
  using dir = tempDir();
  const path = dir.join("file");
  const umask = Deno.umask(0o077);
  try {
    writeAtomically(path, "one");
    assertEquals(statSync(path).mode & 0o7777, 0o600);
    writeAtomically(path, new Uint8Array([0, 255]), { mode: 0o644 });
  } finally {
    Deno.umask(umask);
  }
  assertEquals([...readFileSync(path)], [0, 255]);
  assertEquals(statSync(path).mode & 0o7777, 0o644);
  assertEquals(readdirSync(dir.path), ["file"]);
});

Deno.test("writeAtomically() leaves nothing where it fails", () => {
  using dir = tempDir();
  mkdirSync(dir.join("taken", "sub"), { recursive: true });
  assertThrows(() => writeAtomically(dir.join("taken"), "x"));
  assertThrows(() => writeAtomically(dir.join("none", "file"), "x"));
  assertEquals(readdirSync(dir.path), ["taken"]);
});

Deno.test("writeAtomically() names the file that a disk has no room for", {
  ...needs("root", "mount"),
}, async () => {
  using dir = tempDir();
  await run("mount", "-t", "tmpfs", "-o", "size=8k", "none", dir.path);
  try {
    const path = dir.join("file");
    const error = assertThrows(
      () => writeAtomically(path, new Uint8Array(1024 * 1024)),
      Error,
    );
    const told = describeError(error);
    assertEquals(
      told.replace(/ \(orlop .*/, ""),
      `Cannot write to "${path}": no space left on device`,
    );
    assertEquals(readdirSync(dir.path), []);
  } finally {
    await run("umount", dir.path);
  }
});

Deno.test("copyAtomically() copies, and leaves nothing where it fails", () => {
  using dir = tempDir();
  writeAtomically(dir.join("a"), "text", { mode: 0o755 });
  copyAtomically(dir.join("a"), dir.join("b"));
  assertEquals(readFileSync(dir.join("b"), "utf8"), "text");
  assertEquals(statSync(dir.join("b")).mode & 0o7777, 0o600);
  assertThrows(() => copyAtomically(dir.join("none"), dir.join("c")));
  assertEquals(readdirSync(dir.path).sort(), ["a", "b"]);
});
