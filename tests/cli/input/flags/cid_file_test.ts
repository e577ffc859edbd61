import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { openCidFile } from "../../../../src/cli/input/flags/cid_file.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";
import { tempDir } from "../../../support/temp_dir.ts";

Deno.test("openCidFile() keeps the file once an ID is in it", () => {
  using dir = tempDir();
  const path = dir.join("cid");
  {
    using file = openCidFile(path);
    file?.write("abc");
  }
  assertEquals(readFileSync(path, "utf8"), "abc");
});

Deno.test("openCidFile() takes the file away where no ID came", () => {
  using dir = tempDir();
  const path = dir.join("cid");
  {
    using _file = openCidFile(path);
    assertEquals(readFileSync(path, "utf8"), "");
  }
  assertFalse(existsSync(path));
});

Deno.test("openCidFile() changes no file that is there", () => {
  using dir = tempDir();
  const path = dir.join("cid");
  writeFileSync(path, "of another");
  assertThrows(() => openCidFile(path), UsageError, path);
  assertEquals(readFileSync(path, "utf8"), "of another");
});

Deno.test("openCidFile() makes none unless one is wanted", () => {
  assertEquals(openCidFile(undefined), undefined);
  assertEquals(openCidFile(""), undefined);
});
