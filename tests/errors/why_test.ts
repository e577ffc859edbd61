import {
  assert,
  assertEquals,
  assertNotMatch,
  assertThrows,
} from "@std/assert";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { inOwnWords, readSystemFailure, whyOf } from "../../src/errors/why.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("whyOf() words what the system says, however it is called", async (t) => {
  using dir = tempDir();
  const file = dir.join("file");
  await Deno.writeTextFile(file, "");
  const cases: readonly [name: string, () => unknown, string][] = [
    [
      "Deno's",
      () => Deno.readTextFileSync(dir.join("x")),
      "no such file or directory",
    ],
    ["node's", () => readFileSync(dir.join("x")), "no such file or directory"],
    ["a directory", () => Deno.readTextFileSync(dir.path), "it is a directory"],
    [
      "below a file",
      () => readFileSync(`${file}/x`),
      "a part of the path is no directory",
    ],
    ["a directory, to rm()", () => rmSync(dir.path), "it is a directory"],
    ["there already", () => mkdirSync(file), "something else is there already"],
    [
      "a long name",
      () => mkdirSync(dir.join("x".repeat(300))),
      "the name is too long",
    ],
  ];
  for (const [name, fail, why] of cases) {
    await t.step(name, () => {
      assertEquals(whyOf(assertThrows(fail, Error)), why);
    });
  }
});

Deno.test("whyOf() leaves what orlop says itself as it is", () => {
  const own = 'Cannot open layout "/x": it has no oci-layout';
  assertEquals(whyOf(new Error(own)), own);
  assertEquals(whyOf("text"), "text");
  const first = new Error("first");
  assertEquals(whyOf(new SuppressedError(new Error("later"), first)), "first");
});

Deno.test("readSystemFailure() says what was to be done with what", () => {
  using dir = tempDir();
  const path = dir.join("it's here");
  for (
    const fail of [
      () => Deno.readTextFileSync(path),
      () => Deno.renameSync(path, dir.join("there")),
      () => readFileSync(path),
    ]
  ) {
    const found = readSystemFailure(assertThrows(fail, Error));
    assertEquals(found?.path, path);
    assertEquals(found?.why, "no such file or directory");
  }
});

Deno.test("inOwnWords() knows every kind of permission that can be missing", async (t) => {
  const kinds = ["read", "write", "net", "env", "sys", "run", "ffi", "all"];
  for (const kind of kinds) {
    await t.step(kind, () => {
      const text =
        `Requires ${kind} access to "/a b", run again with the --allow-${kind} flag`;
      const words = inOwnWords(`Cannot x: ${text} (os error 13)`);
      assertNotMatch(words, /Requires|run again|--allow|os error/);
      assert(words.includes('"/a b"'), words);
    });
  }
  assertNotMatch(
    inOwnWords("Requires run access, run again with the --allow-run flag"),
    /Requires|flag/,
  );
});
