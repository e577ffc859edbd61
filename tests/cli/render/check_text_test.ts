import { assertEquals } from "@std/assert";
import {
  describeObject,
  describeStep,
  summarizeCheck,
} from "../../../src/cli/render/check_text.ts";
import { usageTables } from "../../../src/cli/render/usage_tables.ts";
import type { CheckedObject } from "../../../src/engine/check/checked_object.ts";
import type { CheckReport } from "../../../src/engine/check/check_store.ts";
import type { RepairStep } from "../../../src/engine/check/repair_store.ts";
import { forEachKind } from "../../../src/engine/cleanup/cleanup_plan.ts";

const OBJECT: CheckedObject = {
  ...{ kind: "layer", id: "ab12", name: "", state: "damaged" },
  faults: ["a is gone", "b\u001b[0m is gone"],
};
const paint = (color: string, text: string) => `<${color}>${text}`;

Deno.test("describeObject() tells each fault in a line, and what to do", () => {
  assertEquals(
    describeObject(OBJECT, { paint }),
    [
      "<red>damaged  layer ab12: a is gone",
      String.raw`  b\u001b[0m is gone`,
    ],
  );
  const leftover: CheckedObject = {
    ...{ kind: "layer", id: "ab12", name: "web", state: "leftover" },
    ...{ faults: [], advice: "orlop gc" },
  };
  assertEquals(describeObject(leftover, { paint }), [
    "<yellow>leftover  layer web",
    "  → orlop gc",
  ]);
});

Deno.test("describeStep() reports what was done, or why not", async (t) => {
  const step: RepairStep = {
    ...{ object: OBJECT, does: "fetch it again", outcome: "done", why: "" },
  };
  const cases: readonly (readonly [Partial<RepairStep>, string])[] = [
    [{}, "done     layer ab12: fetch it again"],
    [{ why: "x" }, "done     layer ab12: fetch it again: x"],
    [
      { outcome: "failed", why: "x" },
      "failed   layer ab12: fetch it again: x",
    ],
    [{ outcome: "left", why: "x" }, "left     layer ab12: x"],
  ];
  for (const [changes, line] of cases) {
    await t.step(line, () => {
      assertEquals(describeStep({ ...step, ...changes }), line);
    });
  }
});

Deno.test("summarizeCheck() counts what was looked at", () => {
  const object = (
    kind: CheckedObject["kind"],
    state: CheckedObject["state"],
  ): CheckedObject => ({ ...OBJECT, kind, state });
  const summarize = (
    objects: readonly CheckedObject[],
    { leftovers = 0, ...rest }: {
      readonly leftovers?: number;
      readonly unread?: number;
      readonly unverifiable?: number;
    } = {},
  ) => {
    const status = { leftovers } as CheckReport["status"];
    const report = { objects, status, unread: 0, unverifiable: 0, ...rest };
    return summarizeCheck(report);
  };
  assertEquals(summarize([]), "0 images, 0 layers, 0 containers: none damaged");
  assertEquals(
    summarize([
      ...[object("image", "ok"), object("layer", "damaged")],
      ...[object("layer", "ok"), object("container", "damaged")],
      object("leftover", "leftover"),
    ]),
    "1 image, 2 layers, 1 container: 2 damaged",
  );
  assertEquals(
    summarize([], { leftovers: 1, unread: 2, unverifiable: 3 }),
    "0 images, 0 layers, 0 containers: none damaged; 1 left over; 2 layers " +
      "not read, as time ran out; 3 not read, as podman pulled only parts " +
      "(zstd:chunked)",
  );
});

Deno.test("usageTables() shows what images and containers take", () => {
  const old = new Date(Date.now() - 3 * 86_400_000).toISOString();
  const image = {
    ...{ id: "ab".repeat(32), names: ["q.io/a:1", "q.io/b:2"], created: old },
    ...{ lastUsed: old, shared: 1_000_000, unique: 500_000, containers: 2 },
    ...{ pinned: false, reclaimable: true },
  };
  const container = {
    ...{ id: "cd".repeat(32), name: "web", imageId: image.id, size: 2000 },
    ...{ state: "stopped", lastUsed: old } as const,
  };
  const tables = usageTables({
    images: [
      image,
      { ...image, names: [], pinned: true },
      { ...image, names: ["UPPER"], reclaimable: false },
    ],
    containers: [
      container,
      ...(["active", "vanished", "foreign"] as const).map((state) => ({
        ...{ ...container, state },
      })),
    ],
    ...{ imageBytes: 0, containerBytes: 0, disk: { free: 1, total: 2 } },
    reclaimable: forEachKind((kind) => ({ count: 1, bytes: kind.length })),
  }, { isWhole: false, width: undefined });
  const rows = tables.map(({ title, text }) => [
    title,
    ...text.split("\n").map((line) => line.trim().split(/ {2,}/).join("|")),
  ]);
  const id = "abababababab";
  const rest = "3 days ago|3 days ago|1.5 MB|1 MB|500 kB|2";
  assertEquals(rows[0], [
    "Images space usage:",
    "REPOSITORY|TAG|IMAGE ID|CREATED|LAST USED|SIZE|SHARED SIZE|UNIQUE SIZE|" +
    "CONTAINERS|GC",
    `q.io/a|1|${id}|${rest}|reclaimable`,
    `<none>|<none>|${id}|${rest}|pinned`,
    `UPPER|<none>|${id}|${rest}`,
  ]);
  const own = `cdcdcdcdcdcd|${id}|2 kB|3 days ago`;
  assertEquals(rows[1], [
    "Containers space usage:",
    "CONTAINER ID|IMAGE|SIZE|LAST USED|STATUS|NAMES",
    `${own}|Stopped|web`,
    `${own}|In use|web`,
    `${own}|Vanished|web`,
    `${own}|Other tool's|web`,
  ]);
  assertEquals(rows[2], [
    "What orlop gc could free:",
    "KIND|COUNT|SIZE",
    ...["leftover|1|8 B", "layer|1|5 B", "container|1|9 B"],
    ...["dangling image|1|14 B", "unused image|1|12 B"],
  ]);
});
