import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { lchownSync } from "node:fs";
import { readSettings } from "../../src/fs/read_settings.ts";
import { needs } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const OTHER = 65534;

Deno.test("readSettings() reads what no one else can change", async () => {
  using dir = tempDir();
  const path = dir.join("file");
  await Deno.writeTextFile(path, "text", { mode: 0o644 });
  await Deno.symlink(path, dir.join("link"));
  assertEquals(await readSettings(path, "orlop"), "text");
  assertEquals(await readSettings(dir.join("link"), "orlop"), "text");
});

Deno.test("readSettings() takes /dev/null for an empty file", async () => {
  assertEquals(await readSettings("/dev/null", "orlop"), "");
  assertEquals(await readSettings("/dev/null", "user"), "");
  using dir = tempDir();
  await Deno.symlink("/dev/null", dir.join("mask"));
  assertEquals(await readSettings(dir.join("mask"), "orlop"), "");
});

Deno.test("readSettings() requires a regular file of a sensible size", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("large"), "");
  await Deno.truncate(dir.join("large"), 20_000_000);
  await new Deno.Command("mkfifo", { args: [dir.join("fifo")] }).output();
  const cases = [
    [dir.path, /no regular file/],
    [dir.join("fifo"), /no regular file/],
    ["/dev/zero", /no regular file/],
    [dir.join("large"), /larger than/],
    [dir.join("none"), /no such file/],
  ] as const;
  for (const [path, why] of cases) {
    await t.step(path, async () => {
      const error = await assertRejects(
        () => readSettings(path, "user"),
        Error,
      );
      assertMatch(error.message, why);
      assert(error.message.startsWith(`Cannot read "${path}": `));
    });
  }
});

Deno.test(
  "readSettings() uses nothing that others can change",
  needs("root"),
  async (t) => {
    const cases: readonly [string, (dir: TempDir) => Promise<void>, RegExp][] =
      [
        [
          "a file of another user",
          (dir) => Deno.chown(dir.join("a/file"), OTHER, 0),
          /file" belongs to user 65534/,
        ],
        [
          "a file that a group can write",
          (dir) => Deno.chmod(dir.join("a/file"), 0o664),
          /others can write to ".*file"/,
        ],
        [
          "a file that all can write",
          (dir) => Deno.chmod(dir.join("a/file"), 0o646),
          /others can write to ".*file"/,
        ],
        [
          "a folder of another user",
          (dir) => Deno.chown(dir.join("a"), OTHER, 0),
          /a" belongs to user 65534/,
        ],
        [
          "a folder that a group can write",
          (dir) => Deno.chmod(dir.join("a"), 0o775),
          /others can write to ".*a"/,
        ],
        ["a sticky folder of another user", async (dir) => {
          await Deno.chmod(dir.join("a"), 0o1777);
          await Deno.chown(dir.join("a"), OTHER, 0);
        }, /a" belongs to user 65534/],
        ["a symbolic link of another user", async (dir) => {
          await Deno.rename(dir.join("a/file"), dir.join("real"));
          await Deno.symlink(dir.join("real"), dir.join("a/file"));
          lchownSync(dir.join("a/file"), OTHER, 0);
        }, /file" belongs to user 65534/],
        ["a symbolic link into a folder of another user", async (dir) => {
          await Deno.mkdir(dir.join("b"));
          await Deno.rename(dir.join("a/file"), dir.join("b/file"));
          await Deno.symlink(dir.join("b/file"), dir.join("a/file"));
          await Deno.chown(dir.join("b"), OTHER, 0);
        }, /b" belongs to user 65534/],
      ];
    for (const [name, spoil, why] of cases) {
      await t.step(name, async () => {
        using dir = tempDir();
        await Deno.mkdir(dir.join("a"));
        await Deno.writeTextFile(dir.join("a/file"), "text", { mode: 0o644 });
        await spoil(dir);
        const path = dir.join("a/file");
        const error = await assertRejects(
          () => readSettings(path, "orlop"),
          Error,
        );
        assertMatch(error.message, why);
        // Who names a file by a flag has seen to it.
        assertEquals(await readSettings(path, "user"), "text");
      });
    }
  },
);
