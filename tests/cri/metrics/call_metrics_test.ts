import { assertEquals } from "@std/assert";
import { CallMetrics } from "../../../src/cri/metrics/call_metrics.ts";
import type { EndedCall } from "../../../src/cri/grpc/serve_call.ts";

const CALL: EndedCall = {
  path: "/runtime.v1.RuntimeService/Version",
  ...{ isKnown: true, request: undefined, durationMs: 1 },
  status: { code: 0, message: "" },
};

Deno.test("CallMetrics counts a call in each bucket that it fits", async (t) => {
  const cases: readonly (readonly [durationMs: number, buckets: number])[] = [
    ...[[0, 8], [5, 8], [5.1, 7], [25, 7], [26, 6], [100, 6]] as const,
    ...[[101, 5], [500, 5], [501, 4], [2500, 4], [2501, 3]] as const,
    ...[[10_000, 3], [60_000, 2], [300_000, 1], [300_001, 0]] as const,
  ];
  for (const [durationMs, buckets] of cases) {
    await t.step(`${durationMs} ms`, () => {
      const metrics = new CallMetrics();
      metrics.add({ ...CALL, durationMs });
      const [, seconds] = metrics.read();
      const values = seconds?.samples.map(({ value }) => value);
      assertEquals(values, [
        ...Array.from({ length: 8 }, (_, at) => at < 8 - buckets ? 0 : 1),
        ...[1, durationMs / 1000, 1],
      ]);
      assertEquals(
        seconds?.samples.map(({ labels, suffix }) => labels?.["le"] ?? suffix),
        [
          ...["0.005", "0.025", "0.1", "0.5", "2.5", "10", "60", "300"],
          ...["+Inf", "_sum", "_count"],
        ],
      );
    });
  }
});

Deno.test("CallMetrics distinguishes calls by method and status", () => {
  const metrics = new CallMetrics();
  const failed = { code: 4, message: "late" } as const;
  for (
    const call of [
      ...[CALL, CALL, { ...CALL, status: failed }],
      { ...CALL, path: "/a/B", isKnown: false },
      { ...CALL, path: "/a/C", isKnown: false },
      { ...CALL, path: "/Plain/D" },
    ]
  ) metrics.add(call);
  const [total, seconds] = metrics.read();
  const method = "RuntimeService/Version";
  assertEquals(total?.samples, [
    { labels: { method, code: "ok" }, value: 2 },
    { labels: { method, code: "deadlineExceeded" }, value: 1 },
    { labels: { method: "other", code: "ok" }, value: 2 },
    { labels: { method: "/Plain/D", code: "ok" }, value: 1 },
  ]);
  const counts = seconds?.samples.filter(({ suffix }) => suffix === "_count");
  assertEquals(counts?.map(({ value }) => value), [3, 2, 1]);
});
