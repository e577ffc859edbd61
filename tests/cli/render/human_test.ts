import { assertEquals, assertThrows } from "@std/assert";
import {
  formatAge,
  parseDuration,
  parseSize,
} from "../../../src/cli/render/human.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";

Deno.test("formatAge() words times as podman does", async (t) => {
  const now = new Date("2026-01-01T00:00:00Z");
  const cases: readonly [number, string][] = [
    [-5, "Less than a second ago"],
    [1, "1 second ago"],
    [59, "59 seconds ago"],
    [61, "About a minute ago"],
    [360, "6 minutes ago"],
    [3700, "About an hour ago"],
    [7200, "2 hours ago"],
    [3 * 86_400, "3 days ago"],
    [20 * 86_400, "2 weeks ago"],
    [100 * 86_400, "3 months ago"],
    [800 * 86_400, "2 years ago"],
  ];
  for (const [seconds, expected] of cases) {
    await t.step(expected, () => {
      const time = new Date(now.getTime() - seconds * 1000);
      assertEquals(formatAge(time, now), expected);
    });
  }
});

Deno.test("parseSize() reads decimal and binary units", () => {
  assertEquals(parseSize("4096"), 4096);
  assertEquals(parseSize("500M"), 500e6);
  assertEquals(parseSize("1.5GiB"), 1.5 * 2 ** 30);
  assertEquals(parseSize("2 kb"), 2000);
  for (const text of ["", "M", "-1", "1X", "1e9"]) {
    assertThrows(() => parseSize(text), UsageError, "as a size");
  }
});

Deno.test("parseDuration() reads one unit or several", () => {
  assertEquals(parseDuration("90s"), 90);
  assertEquals(parseDuration("1h30m"), 5400);
  assertEquals(parseDuration("7d"), 604_800);
  for (const text of ["", "90", "1y", "1h 30m", "-1h"]) {
    assertThrows(() => parseDuration(text), UsageError, "as a duration");
  }
});
