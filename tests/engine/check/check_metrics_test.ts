import { assertEquals, assertRejects } from "@std/assert";
import { writeCheckMetrics } from "../../../src/engine/check/check_metrics.ts";
import type { CheckStatus } from "../../../src/engine/check/check_status.ts";
import { titleOf } from "../../../src/engine/check/checked_object.ts";
import { createThrottle } from "../../../src/engine/check/throttle.ts";
import { tempDir } from "../../support/temp_dir.ts";

const STATUS: CheckStatus = {
  ...{ time: "1970-01-01T00:01:00Z", depth: "full", durationMs: 2500 },
  ...{ checked: 7, damaged: ["a", "b"], leftovers: 3 },
  verified: new Map([
    ["ab", { time: "1970-01-01T00:00:40Z", faults: [] }],
    ["cd", { time: "1970-01-01T00:00:30Z", faults: [] }],
  ]),
};

function write(status: CheckStatus): readonly string[] {
  using dir = tempDir();
  writeCheckMetrics(dir.join("check.prom"), status);
  return Deno.readTextFileSync(dir.join("check.prom")).split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace("orlop_check_", ""));
}

Deno.test("writeCheckMetrics() reports how the last check went", () => {
  assertEquals(write(STATUS), [
    "last_run_timestamp_seconds 60",
    "full 1",
    "duration_seconds 2.5",
    "objects 7",
    "damaged 2",
    "leftovers 3",
    "layers_verified 2",
    "oldest_verified_timestamp_seconds 30",
  ]);
  const quick = write({ ...STATUS, depth: "quick", verified: new Map() });
  assertEquals(quick.slice(1, 2), ["full 0"]);
  assertEquals(quick.slice(-1), ["layers_verified 0"]);
});

Deno.test("titleOf() tells a name, or else an ID", () => {
  assertEquals(titleOf({ name: "a", id: "1" }), "a");
  assertEquals(titleOf({ name: "", id: "1" }), "1");
});

Deno.test("createThrottle() waits once what may be read is used up", async (t) => {
  const late = AbortSignal.abort(new Error("it would wait"));
  const stop = { signal: late };
  await t.step("not before", async () => {
    const throttle = createThrottle(1000);
    await throttle.spend(999, stop);
    await assertRejects(() => throttle.spend(1, stop), Error, "it would wait");
  });
  await t.step("after 8 MiB, however much may be read", async () => {
    const throttle = createThrottle(1e12);
    await throttle.spend(8 * 1024 * 1024 - 1, stop);
    await assertRejects(() => throttle.spend(1, stop), Error, "it would wait");
  });
});
