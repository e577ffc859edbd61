import { assertEquals, assertThrows } from "@std/assert";
import { readCritestReport } from "../../scripts/lib/cri/critest_report.ts";

const spec = (more: Record<string, unknown>) => ({
  ContainerHierarchyTexts: ["[k8s.io] Streaming", "exec"],
  LeafNodeType: "It",
  LeafNodeText: "works",
  State: "passed",
  RunTime: 1_500_000_000,
  ...more,
});

function read(...specs: unknown[]) {
  return readCritestReport(JSON.stringify([{ SpecReports: specs }]));
}

Deno.test("readCritestReport() reports how specs fared, and why", async (t) => {
  const cases: [string, Record<string, unknown>, string, string][] = [
    ["passed", {}, "passed", ""],
    ["left out", { State: "skipped" }, "skipped", ""],
    [
      "skipped by itself",
      { State: "skipped", Failure: { Message: "no AppArmor" } },
      "skipped",
      "no AppArmor",
    ],
    ["pending", { State: "pending" }, "skipped", "critest calls it pending"],
    [
      "failed",
      { State: "failed", Failure: { Message: "expected 1" } },
      "failed",
      "expected 1",
    ],
    [
      "panicked",
      {
        State: "panicked",
        Failure: { Message: "Test Panicked", ForwardedPanic: "nil" },
      },
      "failed",
      "Test Panicked: nil",
    ],
    ["interrupted", { State: "interrupted" }, "failed", "interrupted"],
  ];
  for (const [name, more, state, why] of cases) {
    await t.step(name, () => {
      const [result] = read(spec(more));
      assertEquals([result?.state, result?.why], [state, why]);
    });
  }
});

Deno.test("readCritestReport() names a spec by all that it is in", () => {
  const [result] = read(spec({}));
  assertEquals(result?.name, "Streaming / exec / works");
  assertEquals(result?.seconds, 1.5);
});

Deno.test("readCritestReport() counts what runs before all specs only if it fails", () => {
  const before = { LeafNodeType: "BeforeSuite", LeafNodeText: "" };
  assertEquals(read(spec(before)), []);
  const [result] = read(spec({ ...before, State: "failed" }));
  assertEquals([result?.name, result?.state], [
    "Streaming / exec / BeforeSuite",
    "failed",
  ]);
});

Deno.test("readCritestReport() refuses what is no report", () => {
  assertThrows(() => readCritestReport("{}"), SyntaxError);
  assertThrows(() => readCritestReport("[{}]"), SyntaxError);
});
