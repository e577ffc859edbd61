import { assertEquals, assertThrows } from "@std/assert";
import { closeSync, openSync } from "node:fs";
import { InvalidLayerError } from "../../src/errors/image_errors.ts";
import { toBytes, toText } from "../../src/formats/bytes.ts";
import {
  createFile,
  type FileAttributes,
  finishFile,
  linkFile,
  makeDirectory,
  makeHole,
  readParts,
  writeFully,
} from "../../src/unpack/unpack_file.ts";
import { needs } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const ATTRIBUTES: FileAttributes = {
  uid: 1,
  gid: 2,
  mode: 0o6750,
  mtime: 1_500_000_000,
  mtimeNs: 500_000_000,
};

/** Owner, mode, and milliseconds since 1970. */
function describe(path: string): readonly unknown[] {
  const { uid, gid, mode, mtime } = Deno.lstatSync(path);
  return [uid, gid, (mode ?? 0) & 0o7777, mtime?.getTime()];
}

function makeFile(dir: TempDir, content: string): string {
  const path = dir.join("file");
  const fd = createFile(path);
  writeFully(fd, toBytes(content));
  closeSync(fd);
  return path;
}

Deno.test("createFile() makes a private file, where there is nothing", async (t) => {
  using dir = tempDir();
  const made = makeFile(dir, "old");
  assertEquals(describe(made)[2], 0o600);
  await Deno.symlink("/nowhere", dir.join("dangling"));
  await Deno.symlink(made, dir.join("link"));
  for (const name of ["file", "dangling", "link"]) {
    await t.step(name, () => {
      assertThrows(() => createFile(dir.join(name)), Error, "EEXIST");
      assertEquals(Deno.readTextFileSync(made), "old");
    });
  }
});

Deno.test("writeFully() writes where it is told, or on", () => {
  using dir = tempDir();
  const path = dir.join("file");
  const fd = createFile(path);
  writeFully(fd, toBytes("abc"));
  writeFully(fd, toBytes("def"));
  writeFully(fd, toBytes("X"), 1);
  writeFully(fd, toBytes(""));
  makeHole(fd, 8);
  closeSync(fd);
  assertEquals(Deno.readTextFileSync(path), "aXcdef\0\0");
});

Deno.test({
  name: "finishFile() sets owner, mode and time, and closes",
  ...needs("root"),
  fn() {
    using dir = tempDir();
    const path = dir.join("file");
    const fd = createFile(path);
    finishFile(fd, ATTRIBUTES);
    assertEquals(describe(path), [1, 2, 0o6750, 1_500_000_000_500]);
    assertThrows(() => closeSync(fd), Error, "Bad file descriptor");
  },
});

Deno.test({
  name: "linkFile() links, and sets what it is given",
  ...needs("root"),
  fn() {
    using dir = tempDir();
    const path = makeFile(dir, "x");
    Deno.chmodSync(path, 0o640);
    linkFile(path, dir.join("plain"));
    assertEquals(describe(path)[2], 0o640);
    linkFile(path, dir.join("other"), ATTRIBUTES);
    assertEquals(describe(path), [1, 2, 0o6750, 1_500_000_000_500]);
    assertEquals(Deno.statSync(path).nlink, 3);
    assertThrows(() => linkFile(path, dir.join("other")), Error, "EEXIST");
  },
});

Deno.test("makeDirectory() makes one of mode 0755, whatever the umask", () => {
  using dir = tempDir();
  const old = Deno.umask(0o077);
  try {
    makeDirectory(dir.join("d"));
  } finally {
    Deno.umask(old);
  }
  assertEquals(describe(dir.join("d"))[2], 0o755);
  assertThrows(() => makeDirectory(dir.join("d")), Error, "EEXIST");
});

Deno.test("readParts() reads a file in parts, through no symlink", async () => {
  using dir = tempDir();
  const path = makeFile(dir, "abcdefg");
  const parts = [...readParts(path, 3)].map((part) => part.length);
  assertEquals(parts, [3, 3, 1]);
  let text = "";
  for (const part of readParts(path, 3)) text += toText(part);
  assertEquals(text, "abcdefg");
  await Deno.symlink(path, dir.join("link"));
  assertThrows(() => [...readParts(dir.join("link"), 3)], Error, "ELOOP");
});

Deno.test("readParts() closes the file if it is left", () => {
  using dir = tempDir();
  const path = makeFile(dir, "abcdefg");
  const before = openSync(path, "r");
  closeSync(before);
  for (const _ of readParts(path, 3)) break;
  const after = openSync(path, "r");
  closeSync(after);
  assertEquals(after, before);
});

Deno.test("what the system refuses is the layer's fault, and told as such", async (t) => {
  using dir = tempDir();
  const long = dir.join("n".repeat(256));
  const path = makeFile(dir, "x");
  const cases: Readonly<Record<string, () => void>> = {
    "a file": () => void createFile(long),
    "a link": () => linkFile(path, long),
    "a directory": () => makeDirectory(long),
  };
  for (const [name, act] of Object.entries(cases)) {
    await t.step(name, () => {
      assertThrows(act, InvalidLayerError, "the name of an entry is too long");
    });
  }
});
