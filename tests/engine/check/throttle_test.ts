import { assertEquals, assertRejects } from "@std/assert";
import { createThrottle } from "../../../src/engine/check/throttle.ts";
import { testClock } from "../../support/memory/test_clock.ts";

/** Notes how long is waited for, and waits no longer. */
function testTimers(): Disposable & { readonly waited: readonly number[] } {
  const { setTimeout } = globalThis;
  const waited: number[] = [];
  globalThis.setTimeout = ((action: () => void, ms = 0) => {
    waited.push(Math.round(ms));
    return setTimeout(action, 0);
  }) as typeof setTimeout;
  return {
    waited,
    [Symbol.dispose]() {
      globalThis.setTimeout = setTimeout;
    },
  };
}

const MIB = 1024 * 1024;

Deno.test("createThrottle() pauses as long as the rate requires", async (t) => {
  // The rate; then the milliseconds that pass, and the bytes; the pauses.
  type Steps = readonly (readonly [number, number])[];
  const cases: Readonly<Record<string, readonly [number, Steps, number[]]>> = {
    "once for a second of bytes": [1000, [[0, 999], [0, 1], [0, 400]], [1000]],
    "once for eight MiB": [100 * MIB, [[0, 8 * MIB - 1], [0, 1]], [80]],
    "longer when no time has passed": [1000, [[0, 1000], [0, 2000]], [
      1000,
      3000,
    ]],
    "shorter when time has passed": [1000, [[0, 1000], [400, 1000]], [
      1000,
      1600,
    ]],
    "with the credit of a second after a long pause": [1000, [[60_000, 1500], [
      0,
      1000,
    ]], [500, 1500]],
    "not if it is slow enough": [1000, [[5_000, 1000], [0, 0]], [0]],
    "only for a turn without a limit": [Infinity, [[0, 8 * MIB]], [0]],
  };
  for (const [name, [rate, steps, pauses]] of Object.entries(cases)) {
    await t.step(name, async () => {
      using clock = testClock();
      using timers = testTimers();
      const throttle = createThrottle(rate);
      for (const [ms, bytes] of steps) {
        clock.advance(ms);
        await throttle.spend(bytes);
      }
      assertEquals(timers.waited, pauses);
    });
  }
});

Deno.test("createThrottle() lets who waits give up", async () => {
  const aborting = new AbortController();
  const waiting = createThrottle(1).spend(1_000_000, aborting);
  aborting.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
});
