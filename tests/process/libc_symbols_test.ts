import { assertEquals } from "@std/assert";
import { existsSync } from "node:fs";
import { unwrapResults, wrapResults } from "../../src/process/libc_symbols.ts";

const PATH = [
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
].find((path) => existsSync(path));

// Each gives back what it gets, as far as its type takes it.
const TABLE = {
  int: { name: "abs", parameters: ["i32"], result: "i32" },
  failed: { name: "close", parameters: ["i32"], result: "i32" },
  word: { name: "htonl", parameters: ["u32"], result: "u32" },
  long: { name: "labs", parameters: ["i64"], result: "i64" },
  lost: { name: "lseek", parameters: ["i32", "i64", "i32"], result: "isize" },
  length: { name: "strlen", parameters: ["buffer"], result: "usize" },
  number: {
    name: "strtoull",
    parameters: ["buffer", "buffer", "i32"],
    result: "u64",
  },
  nothing: { name: "free", parameters: ["u64"], result: "void" },
  later: {
    name: "abs",
    parameters: ["i32"],
    result: "i32",
    nonblocking: true,
  },
} as const;

Deno.test("functions that are bound in no time return what others do", {
  ignore: PATH === undefined,
}, async (t) => {
  using libraries = new DisposableStack();
  const plain = Deno.dlopen(PATH ?? "", TABLE);
  libraries.defer(() => plain.close());
  const wrapped = Deno.dlopen(PATH ?? "", wrapResults(TABLE));
  libraries.defer(() => wrapped.close());
  const quick = unwrapResults(TABLE, wrapped.symbols);
  const digits = new TextEncoder().encode("18446744073709551615\0");
  type Symbols = typeof plain.symbols;
  const cases: readonly (readonly [string, (from: Symbols) => unknown])[] = [
    ["a number", ({ int }) => int(-7)],
    ["the largest number", ({ int }) => int(2 ** 31 - 1)],
    ["a failure", ({ failed }) => failed(-1)],
    ["one without a sign", ({ word }) => word(0xff)],
    ["a long one", ({ long }) => long(-(2n ** 40n))],
    ["a failure of a long one", ({ lost }) => lost(-1, 0n, 0)],
    ["a length", ({ length }) => length(digits)],
    ["the largest one", ({ number }) => number(digits, null, 10)],
    ["nothing", ({ nothing }) => nothing(0n)],
    ["what another thread does", ({ later }) => later(-7)],
  ];
  for (const [name, call] of cases) {
    await t.step(name, async () => {
      assertEquals(await call(quick), await call(plain.symbols));
    });
  }
});
