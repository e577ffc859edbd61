/** Waits for what other programs do. */

import { sleep } from "../../../src/errors/abort.ts";
import { messageOf } from "../../../src/errors/why.ts";

const PAUSE_MS = 250;

/**
 * Asks again and again until it does not fail.
 *
 * @throws {Error} What it threw last, when time is up.
 */
export async function within<Value>(
  seconds: number,
  ask: () => Promise<Value> | Value,
): Promise<Value> {
  const deadlineMs = performance.now() + 1000 * seconds;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() < deadlineMs) {
        await sleep(PAUSE_MS);
        continue;
      }
      throw new Error(`Not within ${seconds} s: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}
