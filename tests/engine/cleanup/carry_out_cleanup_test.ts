import { assertEquals } from "@std/assert";
import { cutIntoSteps } from "../../../src/engine/cleanup/carry_out_cleanup.ts";
import type { CleanupItem } from "../../../src/engine/cleanup/cleanup_plan.ts";

const KINDS: Readonly<Record<string, CleanupItem["kind"]>> = {
  l: "leftover",
  y: "layer",
  c: "container",
  d: "dangling image",
  u: "unused image",
};

function itemsOf(letters: string): readonly CleanupItem[] {
  return [...letters].map((letter, index) => ({
    kind: KINDS[letter] ?? "leftover",
    id: `${index}`,
    name: letter,
    bytes: 1,
    reason: "",
    layers: [],
  }));
}

Deno.test("cutIntoSteps() lets images that follow each other go together", async (t) => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["", []],
    ["l", ["l"]],
    ["llyyc", ["l", "l", "y", "y", "c"]],
    ["dd", ["dd"]],
    ["du", ["du"]],
    ["ldduucddy", ["l", "dduu", "c", "dd", "y"]],
    ["u".repeat(50), ["u".repeat(50)]],
    ["u".repeat(51), ["u".repeat(50), "u"]],
    ["d".repeat(101), ["d".repeat(50), "d".repeat(50), "d"]],
  ];
  for (const [letters, expected] of cases) {
    await t.step(letters, () => {
      const items = itemsOf(letters);
      const steps = cutIntoSteps(items);
      assertEquals(
        steps.map((step) => step.map(({ name }) => name).join("")),
        expected,
      );
      assertEquals(steps.flat(), items);
    });
  }
});
