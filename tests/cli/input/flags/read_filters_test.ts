import { assertEquals, assertThrows } from "@std/assert";
import {
  matchesPattern,
  readFilters,
} from "../../../../src/cli/input/flags/read_filters.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";

const MATCHERS = {
  name: (row: string, value: string) => row === value,
  length: (row: string, value: string) => row.length === Number(value),
};

Deno.test("readFilters() wants all keys, and any value of a key", () => {
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
