import { assert, assertEquals, assertThrows } from "@std/assert";
import { checkLogPath } from "../../../src/engine/monitor/log_path.ts";
import { tempDir } from "../../support/temp_dir.ts";

Deno.test("checkLogPath() takes what conmon can write to", async () => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("there"), "");
  checkLogPath(dir.join("there"));
  checkLogPath(dir.join("new"));
  checkLogPath(dir.join("no-folder/new"));
});

Deno.test("checkLogPath() reports what is wrong with others", async (t) => {
  using dir = tempDir();
  await Deno.symlink("there", dir.join("link"));
  const long = `/${"ä".repeat(2048)}`;
  const cases: readonly (readonly [string, string])[] = [
    ["log", "its path is not absolute"],
    ["", "its path is not absolute"],
    ["/a/../b", "its path is not in its shortest form"],
    ["/a//b", "its path is not in its shortest form"],
    ["/a/", "its path is not in its shortest form"],
    ["/", "its path is not in its shortest form"],
    ["/a\0b", "its path has a NUL"],
    ["/a:b", 'its path has a ":"'],
    [long, "its path is too long"],
    [dir.path, "it exists and is not a file"],
    [dir.join("link"), "it exists and is not a file"],
    ["/dev/null", "it exists and is not a file"],
  ];
  for (const [path, why] of cases) {
    await t.step(path.slice(0, 40) || "no path", () => {
      const error = assertThrows(() => checkLogPath(path), TypeError);
      assertEquals(error.message, `Cannot write the log "${path}": ${why}`);
    });
  }
  // One byte less: then it is the system that finds it too long.
  const error = assertThrows(() => checkLogPath(long.slice(0, -1)), TypeError);
  assert(error.message.endsWith(": the name is too long"), error.message);
});
