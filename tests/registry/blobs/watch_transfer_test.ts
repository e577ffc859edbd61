import { assert, assertEquals } from "@std/assert";
import { watchTransfer } from "../../../src/registry/blobs/watch_transfer.ts";
import { until } from "../../support/until.ts";

// 20 bytes must come in 20 ms.
const LIMITS = { stallTimeoutMs: 20, minBytesPerSecond: 1000 };

/** Lets time pass in which no timer can run. */
function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** What a watch says of waits that were so long, and brought so much. */
function judge(
  ...waits: readonly (readonly [ms: number, bytes: number])[]
): readonly [string | undefined, number] {
  let cancelled = 0;
  using watch = watchTransfer(() => cancelled++, LIMITS);
  for (const [ms, bytes] of waits) {
    watch.begin();
    spin(ms);
    watch.end(bytes);
  }
  return [watch.problem, cancelled];
}

Deno.test("watchTransfer() counts what came while it was waited for", () => {
  const slow = (bytes: number) => [`only ${bytes} bytes in 0.02 s`, 1] as const;
  const fine = [undefined, 0] as const;
  assertEquals(judge([20, 20]), fine);
  assertEquals(judge([20, 19]), slow(19));
  assertEquals(judge([20, 0]), slow(0));
  assertEquals(judge([1, 0]), fine);
  // Of several waits, the sum.
  assertEquals(judge([11, 10], [11, 10]), fine);
  assertEquals(judge([11, 10], [11, 9]), slow(19));
  assertEquals(judge([11, 19], [11, 0]), slow(19));
  // Each time that is measured begins anew.
  assertEquals(judge([20, 1000], [20, 0]), slow(0));
  assertEquals(judge([20, 20], [1, 0]), fine);
  assertEquals(judge([20, 20], [11, 0]), fine);
  // It is told once.
  assertEquals(judge([20, 3], [20, 1]), slow(3));
});

Deno.test("watchTransfer() does not count the reader's own time", () => {
  using watch = watchTransfer(() => {}, LIMITS);
  for (let n = 0; n < 3; n++) {
    spin(30);
    watch.begin();
    watch.end(1);
    watch.end(1); // it has not waited
  }
  assertEquals(watch.problem, undefined);
});

Deno.test("watchTransfer() ends what keeps silent, and nothing else", async () => {
  let cancelled = 0;
  using idle = watchTransfer(() => cancelled++, LIMITS);
  using paused = watchTransfer(() => cancelled++, LIMITS);
  paused.begin();
  paused.end(5);
  using patient = watchTransfer(() => cancelled++, {
    stallTimeoutMs: 1_000_000,
  });
  patient.begin();
  let stalled = 0;
  using silent = watchTransfer(() => stalled++, LIMITS);
  silent.begin();
  await until(() => stalled > 0);
  assertEquals(silent.problem, "no data for 0.02 s");
  // Until others that were begun later have been silent, too.
  using later = watchTransfer(() => stalled++, LIMITS);
  later.begin();
  await until(() => later.problem !== undefined);
  assertEquals([stalled, cancelled], [2, 0]);
  for (const { problem } of [idle, paused, patient]) {
    assert(problem === undefined);
  }
});
