import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { statSync, writeFileSync } from "node:fs";
import { writeCleanupMetrics } from "../../../src/engine/cleanup/cleanup_metrics.ts";
import { forEachKind } from "../../../src/engine/cleanup/cleanup_plan.ts";
import {
  type CleanupStatus,
  readCleanupStatus,
  writeCleanupStatus,
} from "../../../src/engine/cleanup/cleanup_status.ts";
import { layOut } from "../../../src/store/paths.ts";
import { tempDir } from "../../support/temp_dir.ts";

const STATUS: CleanupStatus = {
  time: "2026-06-30T12:00:00.000Z",
  outcome: "short",
  message: "Cannot free 7 bytes",
  durationMs: 1500,
  removed: { ...forEachKind(() => 0), "unused image": 3 },
  freedBytes: 4,
  shortfallBytes: 3,
  disk: { free: 10, total: 20 },
  lastDone: undefined,
};

Deno.test("readCleanupStatus() gives what was written", () => {
  using dir = tempDir();
  const paths = layOut({ root: dir.path, runRoot: dir.join("run") });
  assertEquals(readCleanupStatus(paths), undefined);
  for (const status of [STATUS, { ...STATUS, lastDone: STATUS.time }]) {
    writeCleanupStatus(paths, status);
    assertEquals(readCleanupStatus(paths), status);
  }
});

Deno.test("readCleanupStatus() does not fail on what it cannot read", () => {
  using dir = tempDir();
  const paths = layOut({ root: dir.path, runRoot: dir.join("run") });
  writeCleanupStatus(paths, STATUS);
  for (const text of ["", "{", "[]", '{"outcome":"odd","removed":{}}']) {
    writeFileSync(join(dir.path, "orlop", "last-gc.json"), text);
    assertEquals(readCleanupStatus(paths), undefined);
  }
});

Deno.test("writeCleanupMetrics() writes a file that all can read", () => {
  using dir = tempDir();
  const path = dir.join("orlop.prom");
  writeCleanupMetrics(path, STATUS);
  assertEquals(statSync(path).mode & 0o777, 0o644);
  const text = Deno.readTextFileSync(path);
  assertStringIncludes(text, "\norlop_gc_success 0\n");
  assertStringIncludes(
    text,
    '\norlop_gc_removed{kind="unused_image"} 3\n',
  );
  assertStringIncludes(text, "orlop_gc_last_run_timestamp_seconds 1782820800");
  assert(!text.includes("last_success"));
});
