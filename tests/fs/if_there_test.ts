import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { DamagedFileError } from "../../src/errors/store_errors.ts";
import {
  isNameThere,
  isThere,
  lstatIfThere,
  readBytes,
  readIfThere,
  readLinkIfThere,
  readText,
  readTextIfThere,
  removeIfThere,
  statIfThere,
  tryReadText,
} from "../../src/fs/if_there.ts";
import { takeLibc } from "../../src/process/bind_libc.ts";
import { tempDir } from "../support/temp_dir.ts";

const libc = takeLibc();

Deno.test("what is missing is no error, and what is wrong is one", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "text");
  await Deno.symlink("nowhere", dir.join("dangling"));
  await Deno.symlink("loop", dir.join("loop"));
  const cases: readonly (readonly [
    path: string,
    isFound: boolean,
    isNamed: boolean,
  ])[] = [
    ["file", true, true],
    ["none", false, false],
    ["file/below", false, false],
    ["dangling", false, true],
    ["loop", false, true],
  ];
  for (const [path, isFound, isNamed] of cases) {
    await t.step(`isThere(), isNameThere() of ${path}`, () => {
      for (const way of [libc, undefined]) {
        assertEquals(isThere(dir.join(path), way), isFound);
        assertEquals(isNameThere(dir.join(path), way), isNamed);
      }
    });
  }
  await t.step("looks", () => {
    assertEquals(statIfThere(dir.join("file"))?.size, 4);
    assert(lstatIfThere(dir.join("dangling"))?.isSymlink);
    for (const name of ["none", "file/below"]) {
      assertEquals(statIfThere(dir.join(name)), undefined);
      assertEquals(lstatIfThere(dir.join(name)), undefined);
    }
    assertThrows(() => statIfThere(dir.join("loop")), Error, "symbolic links");
  });
  await t.step("reads", async () => {
    assertEquals(readTextIfThere(dir.join("file")), "text");
    assertEquals(readIfThere(dir.join("none")), undefined);
    assertThrows(() => readIfThere(dir.path), Deno.errors.IsADirectory);
    await new Deno.Command("mkfifo", { args: [dir.join("fifo")] }).output();
    for (const name of ["fifo", "to-fifo"]) {
      const path = dir.join(name);
      if (name === "to-fifo") await Deno.symlink("fifo", path);
      for (const read of [readBytes, readText, readIfThere, readTextIfThere]) {
        assertThrows(() => read(path), DamagedFileError, "no regular file");
      }
      assertEquals(tryReadText(path), undefined);
    }
    await Deno.writeTextFile(dir.join("large"), "");
    await Deno.truncate(dir.join("large"), 2 ** 29);
    for (const read of [readBytes, readText]) {
      const large = () => read(dir.join("large"));
      assertThrows(large, DamagedFileError, "it has 536870912 bytes");
    }
    const small = () => readBytes(dir.join("file"), 3);
    assertThrows(small, DamagedFileError, "it has 4 bytes");
  });
  await t.step("links", () => {
    assertEquals(readLinkIfThere(dir.join("dangling")), "nowhere");
    for (const name of ["none", "file", "file/below"]) {
      assertEquals(readLinkIfThere(dir.join(name)), undefined);
    }
    assertThrows(() => readLinkIfThere(dir.join("loop/x")), Error, "links");
  });
  await t.step("removals", () => {
    removeIfThere(dir.join("none"));
    removeIfThere(dir.join("loop"));
    assertEquals(lstatIfThere(dir.join("loop")), undefined);
    assertThrows(() => removeIfThere(dir.path), Error, "not empty");
    assertFalse(isThere(dir.join("none")));
  });
});
