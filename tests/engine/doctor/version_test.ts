import { assertEquals } from "@std/assert";
import { isAtLeast } from "../../../src/engine/doctor/version.ts";

const CASES: readonly (readonly [string, string, boolean])[] = [
  ["1.1.12", "1.1.12", true],
  ["1.1.11", "1.1.12", false],
  ["1.1.13", "1.1.12", true],
  ["1.2.0", "1.1.12", true],
  ["0.9.99", "1.1.12", false],
  ["2.0.0", "1.1.12", true],
  ["1.1", "1.1.12", false],
  ["1.2", "1.1.12", true],
  ["5.11.9", "5.11", true],
  ["6", "5.11", true],
  ["5", "5.11", false],
  ["", "5.11", false],
];

Deno.test("isAtLeast() compares number by number", async (t) => {
  for (const [version, minimum, expected] of CASES) {
    await t.step(`"${version}" and ${minimum}`, () => {
      const [numbers, least] = [version, minimum].map((text) =>
        text.split(".").map(Number)
      );
      assertEquals(isAtLeast(numbers ?? [], least ?? []), expected);
    });
  }
});
