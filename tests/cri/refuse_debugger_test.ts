import { assertEquals } from "@std/assert";
import { refuseDebugger } from "../../src/cri/refuse_debugger.ts";
import { until } from "../support/until.ts";

const SIGUSR1 = 10;

Deno.test("refuseDebugger() ignores the signal at once, and again", async () => {
  const ignored: number[] = [];
  const ignoreSignal = (number: number) => void ignored.push(number);
  {
    using _refused = refuseDebugger({ ignoreSignal });
    assertEquals(ignored, [SIGUSR1]);
    await until(() => ignored.length > 2);
  }
  assertEquals(new Set(ignored), new Set([SIGUSR1]));
  // The sanitizer finds a timer that stays.
});

Deno.test("refuseDebugger() looks no more once Deno has settled", async () => {
  let count = 0;
  using _refused = refuseDebugger({ ignoreSignal: () => void count++ });
  let before = -1;
  await until(async () => {
    if (before === count) return true;
    before = count;
    await new Promise((resolve) => setTimeout(resolve, 200));
    return false;
  });
});

Deno.test("refuseDebugger() does nothing without libc", () => {
  using _refused = refuseDebugger(undefined);
  using _other = refuseDebugger({ ignoreSignal: undefined });
});
