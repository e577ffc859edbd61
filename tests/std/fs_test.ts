import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertThrows,
} from "@std/assert";
import {
  copy,
  emptyDir,
  ensureDir,
  ensureDirSync,
  exists,
  existsSync,
  move,
  walk,
} from "@std/fs";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("ensureDir() makes folders, and leaves those that are there", async () => {
  using dir = tempDir();
  const path = dir.join("a", "b");
  await ensureDir(path);
  await ensureDir(path);
  ensureDirSync(dir.join("c", "d"));
  assert((await Deno.stat(path)).isDirectory);
  assert((await Deno.stat(dir.join("c", "d"))).isDirectory);
});

Deno.test("ensureDir() refuses a file", async () => {
  using dir = tempDir();
  const path = dir.join("file");
  await Deno.writeTextFile(path, "");
  await assertRejects(() => ensureDir(path), Error);
  assertThrows(() => ensureDirSync(path), Error);
});

Deno.test("emptyDir() leaves an empty folder", async () => {
  using dir = tempDir();
  ensureDirSync(dir.join("a", "b"));
  await Deno.writeTextFile(dir.join("a", "c"), "");
  await emptyDir(dir.join("a"));
  await emptyDir(dir.join("new"));
  assertEquals(await Array.fromAsync(Deno.readDir(dir.join("a"))), []);
  assertEquals(await Array.fromAsync(Deno.readDir(dir.join("new"))), []);
});

Deno.test("exists() distinguishes folders from files", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "");
  const cases: [string, string, Parameters<typeof exists>[1], boolean][] = [
    ["a file", dir.join("file"), {}, true],
    ["a folder", dir.path, {}, true],
    ["nothing", dir.join("none"), {}, false],
    ["a file as a folder", dir.join("file"), { isDirectory: true }, false],
    ["a folder as a file", dir.path, { isFile: true }, false],
    ["a folder as a folder", dir.path, { isDirectory: true }, true],
  ];
  for (const [name, path, options, expected] of cases) {
    await t.step(name, async () => {
      assertEquals(await exists(path, options), expected);
      assertEquals(existsSync(path, options), expected);
    });
  }
});

Deno.test("copy() copies trees, links as links", async () => {
  using dir = tempDir();
  ensureDirSync(dir.join("a", "b"));
  await Deno.writeTextFile(dir.join("a", "b", "file"), "text");
  await Deno.symlink("b/file", dir.join("a", "link"));
  await copy(dir.join("a"), dir.join("c"));
  assertEquals(await Deno.readTextFile(dir.join("c", "b", "file")), "text");
  assertEquals(await Deno.readLink(dir.join("c", "link")), "b/file");
  await assertRejects(
    () => copy(dir.join("a", "b", "file"), dir.join("c", "b", "file")),
    Deno.errors.AlreadyExists,
  );
});

Deno.test("move() replaces only when told", async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("a"), "a");
  await Deno.writeTextFile(dir.join("b"), "b");
  await assertRejects(() => move(dir.join("a"), dir.join("b")), Error);
  await move(dir.join("a"), dir.join("b"), { overwrite: true });
  assertEquals(await Deno.readTextFile(dir.join("b")), "a");
  assertFalse(existsSync(dir.join("a")));
});

Deno.test("walk() yields what was asked for", async (t) => {
  using dir = tempDir();
  ensureDirSync(dir.join("a", "b"));
  await Deno.writeTextFile(dir.join("a", "one.ts"), "");
  await Deno.writeTextFile(dir.join("a", "b", "two.txt"), "");
  await Deno.symlink("one.ts", dir.join("a", "link"));
  const cases: [string, Parameters<typeof walk>[1], string[]][] = [
    ["all", {}, ["", "/a", "/a/b", "/a/b/two.txt", "/a/link", "/a/one.ts"]],
    ["no folders", { includeDirs: false }, [
      "/a/b/two.txt",
      "/a/link",
      "/a/one.ts",
    ]],
    ["no links, no files", { includeSymlinks: false, includeFiles: false }, [
      "",
      "/a",
      "/a/b",
    ]],
    ["one level", { maxDepth: 1 }, ["", "/a"]],
    ["ends", { includeDirs: false, exts: [".ts"] }, ["/a/one.ts"]],
    ["patterns", { match: [/two/] }, ["/a/b/two.txt"]],
    ["what is not skipped", { skip: [/a\/b/] }, [
      "",
      "/a",
      "/a/link",
      "/a/one.ts",
    ]],
  ];
  for (const [name, options, expected] of cases) {
    await t.step(name, async () => {
      const entries = await Array.fromAsync(walk(dir.path, options));
      const paths = entries.map(({ path }) => path.slice(dir.path.length));
      assertEquals(paths.toSorted(), expected);
    });
  }
});
