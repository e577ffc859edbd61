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
