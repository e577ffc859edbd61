import { assert, assertEquals } from "@std/assert";
import { inParts } from "../../../../src/cri/runtime/state/in_parts.ts";
import { toMilliseconds } from "../../../../src/cri/runtime/state/milliseconds.ts";
import {
  nowNs,
  toNanoseconds,
} from "../../../../src/cri/runtime/state/nanoseconds.ts";

Deno.test("toMilliseconds() takes seconds that a timer can wait", () => {
  const seconds = [
    -1n,
    0n,
    1n,
    30n,
    999_999n,
    1_000_000n,
    1_000_001n,
    1n << 62n,
  ];
  assertEquals(seconds.map(toMilliseconds), [
    ...[0, 0, 1000, 30_000, 999_999_000],
    ...[1_000_000_000, 1_000_000_000, 1_000_000_000],
  ]);
});

Deno.test("toNanoseconds() takes times in milliseconds, and as texts", () => {
  const times = [1, 1.4, 1.6, "1970-01-01T00:00:00.002Z", "x", "", undefined];
  assertEquals(times.map(toNanoseconds), [
    ...[1_000_000n, 1_000_000n, 2_000_000n, 2_000_000n, 0n, 0n, 0n],
  ]);
});

Deno.test("nowNs() counts from 1970", () => {
  const before = Date.now();
  const now = nowNs();
  assert(now >= BigInt(before) * 1_000_000n);
  assert(now <= BigInt(Date.now()) * 1_000_000n);
});

Deno.test("inParts() cuts lists into fifties", () => {
  const lengths = (count: number) =>
    [...inParts(Array.from({ length: count }))].map(({ length }) => length);
  assertEquals(lengths(0), []);
  assertEquals(lengths(1), [1]);
  assertEquals(lengths(50), [50]);
  assertEquals(lengths(51), [50, 1]);
  assertEquals(lengths(120), [50, 50, 20]);
  const all = Array.from({ length: 120 }, (_, index) => index);
  assertEquals([...inParts(all)].flat(), all);
});
