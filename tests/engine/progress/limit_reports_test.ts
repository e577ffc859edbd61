import { assert, assertEquals } from "@std/assert";
import { limitReports } from "../../../src/engine/progress/limit_reports.ts";
import { until } from "../../support/until.ts";

Deno.test("limitReports() reports at once, and again after a while", async () => {
  const told: number[] = [];
  const times: number[] = [];
  const report = limitReports((bytes) => {
    told.push(bytes);
    times.push(performance.now());
  });
  report(1);
  assertEquals(told, [1]);
  let bytes = 1;
  await until(() => {
    report(++bytes);
    return told.length === 3;
  });
  // Most of them were dropped, and the last one is the newest.
  assertEquals(told.at(-1), bytes);
  const [first = 0, second = 0, third = 0] = times;
  // A clock of coarse steps may be one short.
  assert(second - first > 99 && third - second > 99);
});
