import { assertEquals } from "@std/assert";
import {
  describeProblems,
  describeRemoved,
  reportToJson,
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

Deno.test("describeRemoved() reports what went, and how much it was", () => {
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

Deno.test("describeProblems() reports who holds what, the biggest first", () => {
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

Deno.test("describeProblems() shows ten that hold something", () => {
  const kept = Array.from({ length: 13 }, (_, index) => ({
    kind: "leftover" as const,
    id: `id${index}`,
    name: `id${index}`,
    reason: "it is in use",
    bytes: 1e6,
  }));
  const holders = (count: number) => {
    const few = kept.slice(0, count);
    const short = report({ kept: few, wanted: 1e9, shortfall: 1e6 });
    const [, ...lines] = describeProblems(short);
    return [lines.length, lines.at(-1)];
  };
  const last = (index: number) => `  leftover id${index} (1 MB): it is in use`;
  assertEquals(holders(9), [9, last(8)]);
  assertEquals(holders(10), [10, last(9)]);
  assertEquals(holders(11), [11, "  and 1 more"]);
  assertEquals(holders(13), [11, "  and 3 more"]);
});

Deno.test("describeProblems() reports where the rest is", () => {
  const held = (bytes: number) => {
    const item = {
      kind: "layer" as const,
      id: "i",
      name: "n",
      reason: "r",
      bytes,
    };
    const short = report({ kept: [item], wanted: 9e6, shortfall: 3e6 });
    return describeProblems(short)[0]?.split(" of it ")[1];
  };
  assertEquals(held(2_999_999), "is held, or is not the store's");
  assertEquals(held(3e6), "is held");
  const unsaid = report({ wanted: undefined, shortfall: 3e6 });
  assertEquals(describeProblems(unsaid), [
    "orlop: Cannot free 0 B: 3 MB of it is not the store's",
  ]);
});

Deno.test("reportToJson() has all of a cleanup", () => {
  const error = new Error("Cannot do it: why");
  const stuck = [{ item: ITEM, error }];
  const { id, name } = ITEM;
  const facts = { kind: "unused image", id, name, error: "Cannot do it: why" };
  const of = (isDry: boolean) => {
    const { time, ...rest } = reportToJson(
      {
        ...report({ wanted: 9, shortfall: 0 }),
        ...{ removed: [], stuck, failed: stuck },
      },
      { isDry },
    );
    assertEquals(new Date(String(time)).toISOString(), time);
    return rest;
  };
  const known = {
    ...{ wanted: 9, shortfall: 0, free: 4e9, total: 10e9, kept: [] },
    ...{ failed: [facts], stuck: [facts] },
  };
  const [dry, done] = [true, false].map(of);
  assertEquals(dry, { ...known, dryRun: true, bytes: 5e6, items: [ITEM] });
  assertEquals(done, { ...known, dryRun: false, bytes: 0, items: [] });
  const free = reportToJson(report(), { isDry: true });
  assertEquals("wanted" in free || "shortfall" in free, !free);
});
