import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { lchownSync } from "node:fs";
import { openLogFile } from "../../src/cli/log_file.ts";
import { needs } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const OTHER = 65534;

Deno.test("openLogFile() makes a file for its owner, and appends", async () => {
  using dir = tempDir();
  const path = dir.join("log");
  for (const line of ["one", "two"]) {
    using file = openLogFile(path);
    file.write(line);
    // At once: whatever ends the process now.
    assertMatch(await Deno.readTextFile(path), new RegExp(`${line}\n$`));
  }
  assertEquals(await Deno.readTextFile(path), "one\ntwo\n");
  assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
});

Deno.test(
  "openLogFile() writes to nothing that others chose",
  needs("root"),
  async (t) => {
    const cases: readonly [string, (dir: TempDir) => Promise<void>, RegExp][] =
      [
        [
          "a symbolic link",
          (dir) => Deno.symlink(dir.join("target"), dir.join("a/log")),
          /symbolic link/,
        ],
        [
          "a symbolic link to nothing",
          (dir) => Deno.symlink(dir.join("none"), dir.join("a/log")),
          /symbolic link/,
        ],
        [
          "a second name",
          (dir) => Deno.link(dir.join("target"), dir.join("a/log")),
          /another name/,
        ],
        ["a pipe", async (dir) => {
          await new Deno.Command("mkfifo", { args: [dir.join("a/log")] })
            .output();
        }, /no such device|no regular file/],
        ["another user's file", async (dir) => {
          await Deno.writeTextFile(dir.join("a/log"), "");
          await Deno.chown(dir.join("a/log"), OTHER, OTHER);
        }, /belongs to user 65534/],
        [
          "another user's folder",
          (dir) => Deno.chown(dir.join("a"), OTHER, OTHER),
          /a" belongs to user 65534/,
        ],
        ["another user's link to a folder", async (dir) => {
          await Deno.rename(dir.join("a"), dir.join("real"));
          await Deno.symlink(dir.join("real"), dir.join("a"));
          lchownSync(dir.join("a"), OTHER, OTHER);
        }, /a" belongs to user 65534/],
        ["a directory", (dir) => Deno.mkdir(dir.join("a/log")), /directory/],
      ];
    for (const [name, plant, why] of cases) {
      await t.step(name, async () => {
        using dir = tempDir();
        await Deno.mkdir(dir.join("a"), { mode: 0o755 });
        await Deno.writeTextFile(dir.join("target"), "");
        await plant(dir);
        const error = assertThrows(() => openLogFile(dir.join("a/log")), Error);
        assertMatch(
          error.message,
          /^Cannot write log ".*a\/log": .*; name another by --log-file$/,
        );
        assertMatch(error.message, why);
        assertEquals(await Deno.readTextFile(dir.join("target")), "");
      });
    }
    await t.step(
      "a folder of root that a group can write to, with a file of root",
      async () => {
        using dir = tempDir();
        await Deno.mkdir(dir.join("log"));
        await Deno.chmod(dir.join("log"), 0o775); // as Ubuntu's /var/log
        using file = openLogFile(dir.join("log/orlop"));
        file.write("x");
      },
    );
  },
);
