import { assertEquals } from "@std/assert";
import {
  describeProblems,
  describeRemoved,
} from "../../../src/cli/render/cleanup_text.ts";
import type { CleanupItem } from "../../../src/engine/cleanup/cleanup_plan.ts";
import type { PruneReport } from "../../../src/engine/cleanup/prune.ts";

const ITEM: CleanupItem = {
  kind: "unused image",
  id: "a".repeat(64),
  name: "localhost/a:1",
  reason: "no container uses it",
  bytes: 5e6,
  layers: [],
};

function report(changes: Partial<PruneReport["plan"]> = {}): PruneReport {
  return {
    plan: {
      items: [ITEM],
      kept: [],
      wanted: undefined,
      bytes: ITEM.bytes,
      shortfall: 0,
      ...changes,
    },
    removed: [ITEM],
    failed: [],
    stuck: [],
    disk: { free: 4e9, total: 10e9 },
  };
}

Deno.test("describeRemoved() tells what went, and how much it was", () => {
  assertEquals(describeRemoved(report(), { isDry: false }), [
    "Removed unused image localhost/a:1 (5 MB): no container uses it",
    "Freed 5 MB",
  ]);
  assertEquals(describeRemoved(report({ wanted: 1 }), { isDry: true }), [
    "Would remove unused image localhost/a:1 (5 MB): no container uses it",
    "Would free 5 MB; 4 GB of 10 GB are free",
  ]);
  const nothing = { ...report({ items: [] }), removed: [] };
  assertEquals(describeRemoved(nothing, { isDry: false }), []);
});

Deno.test("describeProblems() tells who holds what, the biggest first", () => {
  assertEquals(describeProblems(report()), []);
  const kept = [1, 2].map((size) => ({
    kind: "dangling image" as const,
    id: String(size).repeat(64),
    name: String(size).repeat(64),
    reason: `container "web" uses it`,
    bytes: size * 1e6,
  }));
  const short = report({ kept, wanted: 8e6, shortfall: 2e6 });
  assertEquals(describeProblems(short), [
    "orlop: Cannot free 8 MB: 2 MB of it is held",
    '  dangling image 222222222222 (2 MB): container "web" uses it',
    '  dangling image 111111111111 (1 MB): container "web" uses it',
  ]);
  const foreign = report({ wanted: 8e6, shortfall: 3e6 });
  assertEquals(describeProblems(foreign), [
    "orlop: Cannot free 8 MB: 3 MB of it is not the store's",
  ]);
  const failed = [{ item: ITEM, error: new Error("Cannot do it: why") }];
  assertEquals(describeProblems({ ...report(), failed }), [
    'orlop: Cannot remove unused image "localhost/a:1": Cannot do it: why',
  ]);
});
