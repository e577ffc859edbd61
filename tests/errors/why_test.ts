import {
  assert,
  assertEquals,
  assertNotMatch,
  assertThrows,
} from "@std/assert";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import {
  errnoOf,
  inOwnWords,
  messageOf,
  readSystemFailure,
  sentenceOf,
  whyOf,
} from "../../src/errors/why.ts";
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

Deno.test("readSystemFailure() reports what was to be done with what", () => {
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

Deno.test("readSystemFailure() words what was to be done, whoever said it", async (t) => {
  const failure = (message: string, more: object = {}) =>
    Object.assign(new Error(message), { code: "EIO", ...more });
  const why = "the disk has an error: see dmesg";
  const cases: readonly (readonly [string, Error, object | undefined])[] = [
    [
      "Deno's",
      failure("I/O error (os error 5), open '/a b'"),
      { verb: "open", path: "/a b", why },
    ],
    [
      "node's",
      failure("EIO: i/o error, rmdir '/a'", { syscall: "rmdir" }),
      { verb: "remove", path: "/a", why },
    ],
    [
      "of two files",
      failure("I/O error: rename '/a' -> '/b'"),
      { verb: "rename", path: "/a", why },
    ],
    [
      "with its path apart",
      failure("I/O error", { syscall: "statfs", path: "/p" }),
      { verb: "look at", path: "/p", why },
    ],
    [
      "a path that is no text",
      failure("I/O error, stat '/a'", { path: 7 }),
      { verb: "look at", path: "/a", why },
    ],
    [
      "a call without a word of its own",
      failure("I/O error, fallocate '/a'"),
      { verb: "use", path: "/a", why },
    ],
    ["neither", failure("I/O error"), { verb: "use", path: undefined, why }],
    ["orlop's own", failure("Cannot read it, open '/a'"), undefined],
    ["no error of the system", new Error("no, open '/a'"), undefined],
    ["a code of another kind", failure("m", { code: "ERR_X" }), undefined],
    ["a code in small letters", failure("m", { code: "Eio" }), undefined],
    ["a code that is no text", failure("m", { code: 5 }), undefined],
  ];
  for (const [name, error, expected] of cases) {
    await t.step(name, () => assertEquals(readSystemFailure(error), expected));
  }
});

Deno.test("whyOf() words an unknown error of the system as a sentence's end", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["Protocol wrong (os error 71), open '/a'", "protocol wrong"],
    ["Protocol wrong: open '/a\nb'", "protocol wrong"],
    ["EPROTO: protocol error, open '/a'", "protocol error"],
    ["TLS is wrong", "TLS is wrong"],
    ["", "Error"],
  ];
  for (const [message, why] of cases) {
    await t.step(message, () => {
      const error = Object.assign(new Error(message), { code: "EPROTO" });
      assertEquals(whyOf(error).toLowerCase(), why.toLowerCase());
      assertEquals(whyOf(error)[0], message === "" ? "e" : why[0]);
    });
  }
});

Deno.test("errnoOf() finds the system's name of an error", async (t) => {
  const coded = (code: unknown) => Object.assign(new Error("m"), { code });
  const cases: readonly (readonly [unknown, string])[] = [
    [coded("ENOENT"), "ENOENT"],
    [coded("ERR_FS_EISDIR"), "EISDIR"],
    [coded("ERR_FS_FILE_TOO_LARGE"), "ERR_FS_FILE_TOO_LARGE"],
    [coded("X_ERR_FS_EISDIR"), "X_ERR_FS_EISDIR"],
    [coded(2), ""],
    [new Error("m"), ""],
    [{ code: "ENOENT" }, ""],
    [undefined, ""],
  ];
  for (const [error, errno] of cases) {
    await t.step(errno || "none", () => assertEquals(errnoOf(error), errno));
  }
});

Deno.test("sentenceOf() makes a sentence of an error and what caused it", async (t) => {
  const missing = Object.assign(new Error("m, open '/a'"), { code: "ENOENT" });
  const pathless = Object.assign(new Error("m"), { code: "ENOENT" });
  const cases: readonly (readonly [unknown, string])[] = [
    ["Uncaught text", "text"],
    [new Error("Cannot do x: why"), "Cannot do x: why"],
    [missing, 'Cannot open "/a": no such file or directory'],
    [pathless, "Cannot go on: no such file or directory"],
    [new Error("Cannot do x", { cause: new Error("why") }), "Cannot do x: why"],
    [
      new Error("Cannot do x: why", { cause: new Error("more") }),
      "Cannot do x: why",
    ],
    [new Error("Cannot do x", { cause: undefined }), "Cannot do x"],
    [new RangeError(""), "RangeError"],
    [
      new SuppressedError(new Error("later"), new Error("Cannot do x: first")),
      "Cannot do x: first",
    ],
  ];
  for (const [error, sentence] of cases) {
    await t.step(sentence, () => assertEquals(sentenceOf(error), sentence));
  }
});

Deno.test("messageOf() takes an error's words as they are", () => {
  assertEquals(
    messageOf(new Error("Uncaught m (os error 2)")),
    "Uncaught m (os error 2)",
  );
  assertEquals(messageOf(7), "7");
});

Deno.test("inOwnWords() leaves out what only the runtime's users understand", async (t) => {
  const needs = (kind: string) =>
    `Requires ${kind} access to "/a", run again with the --allow-${kind} flag`;
  const cases: readonly (readonly [string, string])[] = [
    ["Uncaught (in promise) TypeError: m", "m"],
    ["Uncaught Error: m", "m"],
    ["Uncaught m", "m"],
    ["m, Uncaught n", "m, Uncaught n"],
    ["a (os error 2), b (os error 3)", "a, b"],
    [needs("read"), 'orlop has no permission to read "/a"'],
    [needs("odd"), 'orlop has no permission to use "/a"'],
    [
      needs("all"),
      'orlop uses nothing that is in /dev, /proc or /sys, such as "/a"',
    ],
    [
      "Requires all access, run again with the --allow-all flag",
      "orlop uses nothing that is in /dev, /proc or /sys, such as it",
    ],
    [
      "Requires ffi access, run again with the --allow-ffi flag",
      "orlop has no permission to load it",
    ],
  ];
  for (const [text, words] of cases) {
    await t.step(text, () => assertEquals(inOwnWords(text), words));
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
