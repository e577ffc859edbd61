import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  checkNamePattern,
  hasPair,
  matchesPattern,
  oneOf,
  readFilters,
  readTruth,
} from "../../../../src/cli/input/flags/read_filters.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";

const MATCHERS = {
  name: (row: string, value: string) => row === value,
  length: (row: string, value: string) => row.length === Number(value),
};

Deno.test("readFilters() requires all keys, and any value of a key", () => {
  const rows = ["web", "app", "web-1"];
  const names = readFilters(["name=web", "name=app"], MATCHERS);
  assertEquals(rows.filter(names), ["web", "app"]);
  const both = readFilters(["name=web", "length=5"], MATCHERS);
  assertEquals(rows.filter(both), []);
  assertEquals(rows.filter(readFilters([], MATCHERS)), rows);
});

Deno.test("readFilters() names the keys when one is unknown", () => {
  for (const text of ["toString=x", "name"]) {
    assertThrows(
      () => readFilters([text], MATCHERS),
      UsageError,
      "with a key of name, length",
    );
  }
});

Deno.test("readFilters() refuses what nothing can fit", async (t) => {
  const checks = { name: checkNamePattern, length: oneOf(["3", "five"]) };
  const table: readonly [text: string, advice: string | undefined][] = [
    ["name=web-1", undefined],
    ["name=w*_?.x", undefined],
    ["name=^web$", "a pattern with * and ?"],
    ["name=web|app", "a pattern with * and ?"],
    ["name=[ab]", "a pattern with * and ?"],
    ["length=FIVE", undefined],
    ["length=", "use one of 3, five"],
    ["length=4", "use one of 3, five"],
  ];
  for (const [text, advice] of table) {
    await t.step(text, () => {
      const read = () => readFilters([text], MATCHERS, checks);
      if (advice === undefined) read();
      else {
        const error = assertThrows(read, UsageError, advice);
        assertStringIncludes(error.message, `Cannot use "--filter=${text}": `);
      }
    });
  }
});

Deno.test("hasPair() takes a key, or a key and its value", () => {
  const pairs = [["a", "b=c"], ["e", ""]] as const;
  for (const text of ["a", "a=b=c", "e", "e="]) assert(hasPair(pairs, text));
  for (const text of ["b", "a=", "a=b", "e=x", "", "=", "toString"]) {
    assert(!hasPair(pairs, text), text);
  }
});

Deno.test("matchesPattern() knows * and ?, and nothing else", async (t) => {
  const cases: readonly [string, string, boolean][] = [
    ["busybox", "busybox", true],
    ["busybox", "busy*", true],
    ["busybox", "bus?box", true],
    ["busybox", "bus", false],
    ["busybox", "busy.ox", false],
    ["a+b", "a+b", true],
  ];
  for (const [text, pattern, expected] of cases) {
    await t.step(`${pattern} ${text}`, () => {
      assertEquals(matchesPattern(text, pattern), expected);
    });
  }
});

Deno.test("readTruth() takes Go's words, and no others", () => {
  for (const word of ["1", "t", "T", "true", "True", "TRUE"]) {
    assert(readTruth(word), word);
  }
  for (const word of ["0", "f", "F", "false", "False", "FALSE"]) {
    assert(!readTruth(word), word);
  }
  for (
    const word of ["", "tRUE", "yes", "no", "1x", "x1", "truex", "x0", "0x"]
  ) {
    const error = assertThrows(() => readTruth(word), UsageError);
    assertEquals(error.message, `Cannot use "${word}": use "true" or "false"`);
  }
});
