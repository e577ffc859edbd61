import { assert, assertEquals } from "@std/assert";
import { drawBar } from "../../../src/cli/render/usage_bar.ts";

const PARTS = [
  { label: "in use", bytes: 50, fill: "#" },
  { label: "reclaimable", bytes: 1, fill: "+" },
  { label: "free", bytes: 49, fill: "." },
] as const;

Deno.test("drawBar() fits the terminal", async (t) => {
  const cases: readonly [columns: number, lines: readonly string[]][] = [
    [60, [
      "[#############################+............................]",
      "# in use 50 B   + reclaimable 1 B   . free 49 B",
    ]],
    [40, [
      "[##################+...................]",
      "# in use 50 B   + reclaimable 1 B",
      ". free 49 B",
    ]],
    [20, [
      "[########+.........]",
      "# in use 50 B",
      "+ reclaimable 1 B",
      ". free 49 B",
    ]],
    [4, ["# in use 50 B", "+ reclaimable 1 B", ". free 49 B"]],
    [1, ["# in use 50 B", "+ reclaimable 1 B", ". free 49 B"]],
  ];
  for (const [columns, lines] of cases) {
    await t.step(`${columns} columns`, () => {
      const paint = (_: string, text: string) => text;
      const drawn = drawBar(PARTS, { columns, paint });
      assertEquals(drawn, lines);
      assert(columns < 20 || drawn.every((line) => line.length <= columns));
    });
  }
});

Deno.test("drawBar() shows all parts that are there, however small", () => {
  const parts = [
    { label: "in use", bytes: 1, fill: "#" },
    { label: "none", bytes: 0, fill: "+" },
    { label: "free", bytes: 1e6, fill: "." },
  ];
  const paint = (_: string, text: string) => text;
  assertEquals(drawBar(parts, { columns: 30, paint }), [
    "[#...........................]",
    "# in use 1 B   . free 1 MB",
  ]);
});
