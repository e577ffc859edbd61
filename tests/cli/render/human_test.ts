import { assertEquals, assertThrows } from "@std/assert";
import {
  formatAge,
  parseAge,
  parseDuration,
  parseSize,
} from "../../../src/cli/render/human.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";

Deno.test("formatAge() words times as podman does", async (t) => {
  const now = new Date("2026-01-01T00:00:00Z");
  const [minute, hour, day] = [60, 3600, 86_400];
  // Of each step the first and the last.
  const cases: readonly [number, string][] = [
    [-5, "Less than a second ago"],
    [0, "Less than a second ago"],
    [1, "1 second ago"],
    [2, "2 seconds ago"],
    [minute - 1, "59 seconds ago"],
    [minute, "About a minute ago"],
    [2 * minute - 1, "About a minute ago"],
    [2 * minute, "2 minutes ago"],
    [3 * minute - 1, "2 minutes ago"],
    [hour - 1, "59 minutes ago"],
    [hour, "About an hour ago"],
    [1.5 * hour - 1, "About an hour ago"],
    [1.5 * hour, "2 hours ago"],
    [2.5 * hour - 1, "2 hours ago"],
    [2.5 * hour, "3 hours ago"],
    [2 * day - 1, "48 hours ago"],
    [2 * day, "2 days ago"],
    [14 * day - 1, "13 days ago"],
    [14 * day, "2 weeks ago"],
    [60 * day - 1, "8 weeks ago"],
    [60 * day, "2 months ago"],
    [730 * day - 1, "24 months ago"],
    [730 * day, "2 years ago"],
    [3 * 365 * day - 1, "2 years ago"],
    [NaN, "N/A"],
  ];
  for (const [seconds, expected] of cases) {
    await t.step(`${seconds} s: ${expected}`, () => {
      const time = new Date(now.getTime() - seconds * 1000);
      assertEquals(formatAge(time, now), expected);
    });
  }
});

Deno.test("parseSize() reads decimal and binary units", async (t) => {
  const cases: (readonly [string, number | undefined])[] = [
    ["0", 0],
    ["4096", 4096],
    ["12b", 12],
    ["2 kb", 2000],
    ["500M", 500e6],
    ["3g", 3e9],
    ["1.5T", 1.5e12],
    ["1Ki", 1024],
    ["2mib", 2 * 2 ** 20],
    ["1.5GiB", 1.5 * 2 ** 30],
    ["1ti", 2 ** 40],
    ["0.3kB", 300],
    ["0.0006k", 1],
    ...["", "M", "-1", "1X", "1e9", "1i", "1.", ".5k", "1  k", "x1k", "1kx"]
      .map((text) => [text, undefined] as const),
  ];
  for (const [text, bytes] of cases) {
    await t.step(JSON.stringify(text), () => {
      if (bytes !== undefined) return assertEquals(parseSize(text), bytes);
      assertThrows(() => parseSize(text), UsageError, `"${text}" as a size`);
    });
  }
});

Deno.test("parseDuration() reads one unit or several", async (t) => {
  const cases: (readonly [string, number | undefined])[] = [
    ["0s", 0],
    ["90s", 90],
    ["1h30m", 5400],
    ["1.5h", 5400],
    ["7d", 604_800],
    ["2w", 1_209_600],
    ["1w2d3h4m5s", 788_645],
    ...["", "90", "1y", "1h 30m", "-1h", "1hx", "x1h"]
      .map((text) => [text, undefined] as const),
  ];
  for (const [text, seconds] of cases) {
    await t.step(JSON.stringify(text), () => {
      if (seconds !== undefined) {
        return assertEquals(parseDuration(text), seconds);
      }
      assertThrows(
        () => parseDuration(text),
        UsageError,
        `"${text}" as a duration`,
      );
    });
  }
});

Deno.test("parseAge() reads durations, seconds since 1970, and dates", async (t) => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  const cases: (readonly [string, number | undefined])[] = [
    ["1h30m", now - 5_400_000],
    ["0", 0],
    ["1700000000", 1_700_000_000_000],
    ["2025-12-31", now - 86_400_000],
    ["2025-12-31T23:59:59Z", now - 1000],
    ["2025-13-31", undefined],
    ["Dec 31 2025", undefined],
    ["12-31-2025", undefined],
    ["x2025-12-31", undefined],
    ["5x", undefined],
    ["", undefined],
  ];
  for (const [text, time] of cases) {
    await t.step(JSON.stringify(text), () => {
      if (time !== undefined) return assertEquals(parseAge(text, now), time);
      assertThrows(() => parseAge(text, now), UsageError, "as a duration");
    });
  }
});
