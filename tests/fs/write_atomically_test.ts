import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from "node:fs";
import {
  copyAtomically,
  temporaryFor,
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

Deno.test("temporaryFor() names what containers/storage takes for its own", () => {
  const names = [temporaryFor("/a/file"), temporaryFor("/a/file")];
  for (const name of names) assert(/^\/a\/\.tmp-file\d+$/.test(name), name);
  assert(names[0] !== names[1]);
});

Deno.test("writeAtomically() says when, and asks whether", () => {
  using dir = tempDir();
  const path = dir.join("file");
  const content = () => readFileSync(path, "utf8");
  const log: string[] = [];
  const list = () =>
    readdirSync(dir.path).map((name) => name.replace(/\d+$/, "")).toSorted();
  const options = {
    beforeRename: () => log.push(`before: ${list()}`),
    onlyIf: () => log.push(`whether: ${list()}`) > 0,
  };
  assert(writeAtomically(path, "one", options));
  assertEquals(log, ["before: .tmp-file", "whether: .tmp-file"]);
  assert(!writeAtomically(path, "two", { onlyIf: () => false }));
  assertEquals([content(), list()], ["one", ["file"]]);
  const fail = () => {
    throw new RangeError("no");
  };
  for (const key of ["beforeRename", "onlyIf"] as const) {
    assertThrows(() => writeAtomically(path, "3", { [key]: fail }), RangeError);
    assertEquals([content(), list()], ["one", ["file"]]);
  }
});

Deno.test("writeAtomically() keeps what it replaces, if it is told", () => {
  using dir = tempDir();
  const [path, backup] = [dir.join("file"), dir.join("file.old")];
  const contents = () =>
    readdirSync(dir.path).toSorted()
      .map((name) => `${name}: ${readFileSync(dir.join(name), "utf8")}`);
  writeAtomically(path, "one", { backup }); // there is nothing to keep
  assertEquals(contents(), ["file: one"]);
  writeAtomically(path, "two", { backup });
  assertEquals(contents(), ["file: two", "file.old: one"]);
  writeAtomically(path, "three", { backup });
  assertEquals(contents(), ["file: three", "file.old: two"]);
  writeAtomically(path, "four");
  assertEquals(contents(), ["file: four", "file.old: two"]);
  mkdirSync(dir.join("taken"));
  const taken = { backup: dir.join("taken") };
  assertThrows(() => writeAtomically(path, "five", taken));
  assertEquals(readFileSync(path, "utf8"), "four");
  assertEquals(readdirSync(dir.path).toSorted(), ["file", "file.old", "taken"]);
});

Deno.test("writeAtomically() and copyAtomically() write all of what is large", () => {
  using dir = tempDir();
  const bytes = Uint8Array.from({ length: 700_001 }, (_, n) => n % 251);
  writeAtomically(dir.join("a"), bytes, { mode: 0o4755 });
  assertEquals(new Uint8Array(readFileSync(dir.join("a"))), bytes);
  assertEquals(statSync(dir.join("a")).mode & 0o7777, 0o4755);
  symlinkSync("a", dir.join("link"));
  copyAtomically(dir.join("link"), dir.join("b"));
  assertEquals(new Uint8Array(readFileSync(dir.join("b"))), bytes);
  assert(statSync(dir.join("b")).isFile());
});
