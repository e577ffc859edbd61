import { assertEquals } from "@std/assert";
import { growthOf } from "../../scripts/lib/crash/long_life.ts";

const SERIES: readonly (readonly [
  name: string,
  series: readonly number[],
  growth: number,
])[] = [
  ["flat", [5, 5, 5, 5, 5, 5, 5, 5, 5, 5], 0],
  ["filling its caches at first", [1, 4, 5, 5, 5, 5, 5, 5, 5, 5], 0],
  ["growing all the time", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4],
  ["up and down", [5, 9, 5, 6, 9, 5, 6, 5, 9, 5], 0],
  ["getting less", [9, 9, 9, 9, 9, 9, 5, 5, 5, 5], -4],
  ["with one peak", [5, 5, 5, 5, 5, 5, 5, 50, 5, 5], 0],
  ["growing in steps", [5, 5, 5, 5, 5, 5, 7, 7, 7, 7], 2],
];

Deno.test("growthOf() compares the halves of what came after the start", async (t) => {
  for (const [name, series, growth] of SERIES) {
    await t.step(name, () => assertEquals(growthOf(series), growth));
  }
});
