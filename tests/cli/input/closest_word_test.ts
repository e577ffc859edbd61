import { assertEquals } from "@std/assert";
import { closestWord } from "../../../src/cli/input/closest_word.ts";

Deno.test("closestWord() finds what was meant, or nothing", async (t) => {
  const known = [
    "images",
    "image",
    "inspect",
    "pull",
    "push",
    "rmi",
    "version",
  ];
  const cases: readonly [string, string | undefined][] = [
    ["imagess", "images"],
    ["imgae", "image"],
    ["plul", "pull"],
    ["rm", "rmi"],
    ["vers", "version"],
    ["xyz", undefined],
    // Two slips make any short word any other.
    ["kill", undefined],
    ["load", undefined],
    ["pusj", "push"],
    ["container", undefined],
    ["", undefined],
    ["v", undefined],
    ["ve", "version"],
    ["im", undefined],
    ["mages", "images"],
  ];
  for (const [typed, expected] of cases) {
    await t.step(typed || "nothing", () => {
      assertEquals(closestWord(typed, known), expected);
    });
  }
});

Deno.test("closestWord() takes the nearest, and of two the first", async (t) => {
  const cases: readonly [string, readonly string[], string | undefined][] = [
    ["abcde", ["abcdxy", "abcdx"], "abcdx"],
    ["abcde", ["abcdx", "abcdy"], "abcdx"],
    ["abcde", ["abcxy"], "abcxy"],
    ["abcde", ["abxyz"], undefined],
    ["abcde", ["xycde"], "xycde"],
    ["abcde", ["bacde"], "bacde"],
    ["abcde", ["badce"], "badce"],
    ["abcd", ["abxy"], undefined],
    ["abcd", ["abdc"], "abdc"],
    ["abcd", ["bcd"], "bcd"],
    ["abcd", ["xabcd"], "xabcd"],
    ["abcd", ["abcde"], "abcde"],
    ["abcd", ["cbad"], undefined],
    ["ab", ["abcdef", "abcdeg"], undefined],
    ["a", ["b"], "b"],
    ["a", ["bc"], undefined],
    ["abc", [], undefined],
  ];
  for (const [typed, known, expected] of cases) {
    await t.step(`${typed}, of ${known.join(", ")}`, () => {
      assertEquals(closestWord(typed, known), expected);
    });
  }
});
