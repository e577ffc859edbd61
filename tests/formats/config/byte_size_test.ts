import { assertEquals } from "@std/assert";
import {
  formatSize,
  parseByteSize,
} from "../../../src/formats/config/byte_size.ts";

Deno.test("parseByteSize() reads what podman reads", async (t) => {
  const table: [string, number][] = [
    ["0", 0],
    ["1", 1],
    ["100b", 100],
    ["1k", 1024],
    ["64m", 67108864],
    ["64M", 67108864],
    ["64MB", 67108864],
    ["64mib", 67108864],
    ["64 m", 67108864],
    ["1.5g", 1610612736],
    ["0.5", 0],
    ["1t", 1099511627776],
    ["1p", 1125899906842624],
  ];
  for (const [text, expected] of table) {
    await t.step(text, () => assertEquals(parseByteSize(text), expected));
  }
});

Deno.test("parseByteSize() reads nothing else", async (t) => {
  const table = [
    ...["", " ", "m", "-1", "+1", "1e3", "0x10", ".5g", "5.g", "1.2.3m", "64x"],
    ...["1 000", "1_000", "64  m", " 64m", "64m ", "64m\n", "٣m", "６４m"],
    // More than is counted exactly, so less than what was meant.
    ...["9000p", "99999999999999999999", "9007199254740992"],
    ...["Infinity", "NaN", "1m1"],
  ];
  for (const text of table) {
    await t.step(JSON.stringify(text), () => {
      assertEquals(parseByteSize(text), undefined);
    });
  }
});

Deno.test("formatSize() words sizes as podman does", async (t) => {
  const cases: readonly [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [1_410_000, "1.41 MB"],
    [7_670_123, "7.67 MB"],
    [96_100_000, "96.1 MB"],
    [219_021_824, "219 MB"],
    [999_600_000, "1 GB"],
    [1_500_000_000_000, "1.5 TB"],
    [1e15, "1 PB"],
    [1e18, "1000 PB"],
    [999.4, "999 B"],
    [999_499, "999 kB"],
    [999_500, "1 MB"],
    [-1, "0 B"],
  ];
  for (const [bytes, expected] of cases) {
    await t.step(expected, () => assertEquals(formatSize(bytes), expected));
  }
});
