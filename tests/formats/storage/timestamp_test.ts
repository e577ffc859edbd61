import { assert, assertFalse } from "@std/assert";
import { isTimestamp } from "../../../src/formats/storage/timestamp.ts";

Deno.test("isTimestamp() takes what Go writes", () => {
  const good = [
    ...["2026-01-31T23:59:59Z", "0001-01-01T00:00:00Z", "2024-02-29T00:00:00Z"],
    ...["2026-01-01T00:00:00.123456789Z", "2026-12-31T00:00:00+14:00"],
    ...["2000-02-29T00:00:00Z", "2400-02-29T00:00:00-23:59"],
  ];
  for (const text of good) assert(isTimestamp(text), text);
});

Deno.test("isTimestamp() refuses what Go does not read", () => {
  const bad = [
    ...["", "garbage", "2026-01-01", "2026-01-01T00:00:00", "1767225600"],
    ...["2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z"],
    ...["2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "1900-02-29T00:00:00Z"],
    ...["2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z"],
    ...[
      "12026-01-01T00:00:00Z",
      "2026-01-01t00:00:00z",
      "2026-01-01T00:00:00Z\n",
    ],
    ...["2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00+25:00"],
    ...["2100-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "2024-02-30T00:00:00Z"],
    ...["2026-06-31T00:00:00Z", "2026-09-31T00:00:00Z", "2026-11-31T00:00:00Z"],
    ...["2026-01-32T00:00:00Z", "2026-03-32T00:00:00Z", "2026-05-32T00:00:00Z"],
    ...["2026-07-32T00:00:00Z", "2026-08-32T00:00:00Z", "2026-10-32T00:00:00Z"],
    "2026-12-32T00:00:00Z",
  ];
  for (let month = 1; month <= 12; month++) {
    const days = new Date(Date.UTC(2026, month, 0)).getUTCDate();
    const text = `2026-${String(month).padStart(2, "0")}-${days}T00:00:00Z`;
    assert(isTimestamp(text), text);
  }
  for (const text of bad) assertFalse(isTimestamp(text), text);
});
