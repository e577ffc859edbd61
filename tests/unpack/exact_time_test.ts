import { assertEquals } from "@std/assert";
import {
  type FileAttributes,
  isExactTime,
} from "../../src/unpack/unpack_file.ts";

// Seconds, nanoseconds, and whether a floating-point number holds both.
const CASES: readonly (readonly [number, number, "exact" | "rounded"])[] = [
  [0, 0, "exact"],
  [1_700_000_000, 0, "exact"],
  [0, 1, "exact"],
  [0, 123_456_789, "exact"],
  [0, 500_000_000, "exact"],
  [1_700_000_000, 500_000_000, "exact"],
  [1_700_000_000, 250_000_000, "exact"],
  [1, 999_999_999, "rounded"],
  [2, 3, "rounded"],
  [1_700_000_000, 123_456_789, "rounded"],
  [1_700_000_000, 1, "rounded"],
];

Deno.test("isExactTime() reports what a number of seconds can hold", async (t) => {
  for (const [mtime, mtimeNs, expected] of CASES) {
    await t.step(`${mtime} s ${mtimeNs} ns`, () => {
      const attributes: FileAttributes = {
        ...{ uid: 0, gid: 0, mode: 0, mtime, mtimeNs },
      };
      const found = isExactTime(attributes) ? "exact" : "rounded";
      assertEquals(found, expected);
    });
  }
});
