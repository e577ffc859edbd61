import { assert, assertEquals } from "@std/assert";
import { inParts } from "../../../../src/cri/runtime/state/in_parts.ts";
import {
  nowNs,
  toNanoseconds,
} from "../../../../src/cri/runtime/state/nanoseconds.ts";

Deno.test("toNanoseconds() takes milliseconds and RFC 3339", async (t) => {
  const cases: readonly (readonly [number | string | undefined, bigint])[] = [
    [0, 0n],
    [1, 1_000_000n],
    [1.4, 1_000_000n],
    [1.5, 2_000_000n],
    [NaN, 0n],
    ["1970-01-01T00:00:01Z", 1_000_000_000n],
    ["1970-01-01T00:00:00.001Z", 1_000_000n],
    ["", 0n],
    ["no time", 0n],
    [undefined, 0n],
  ];
  for (const [time, expected] of cases) {
    await t.step(`${time}`, () => assertEquals(toNanoseconds(time), expected));
  }
});

Deno.test("nowNs() is now", () => {
  const before = BigInt(Date.now()) * 1_000_000n;
  const now = nowNs();
  assert(now >= before && now <= BigInt(Date.now()) * 1_000_000n);
});

Deno.test("inParts() gives parts of fifty", async (t) => {
  const cases: readonly (readonly [number, readonly number[]])[] = [
    [0, []],
    [1, [1]],
    [49, [49]],
    [50, [50]],
    [51, [50, 1]],
    [120, [50, 50, 20]],
  ];
  for (const [length, parts] of cases) {
    await t.step(`${length}`, () => {
      const all = Array.from({ length }, (_, index) => index);
      const found = [...inParts(all)];
      assertEquals(found.map((part) => part.length), parts);
      assertEquals(found.flat(), all);
    });
  }
});
