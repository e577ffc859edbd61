/** Waits for what other programs do, however slow the machine is. */

import { assert } from "@std/assert";
import { sleep } from "../../src/errors/abort.ts";

const POLL_MS = 5;
const STILL_MS = 1500;

/**
 * Waits until something is so.
 *
 * @throws {Error} If it takes longer than `withinMs`; by default 30 s.
 */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  { withinMs = 30_000 }: { readonly withinMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!await isSo()) {
    assert(performance.now() < deadline, `waited ${withinMs} ms for ${isSo}`);
    await sleep(POLL_MS);
  }
}

/**
 * Waits until a count stands still for a while, as it does when whatever is between
 * two sides is full.
 *
 * @returns Where it stands: less than `below`.
 */
export async function untilStill(
  count: () => number,
  { below }: { readonly below: number },
): Promise<number> {
  for (let before = -1; before < count();) {
    before = count();
    assert(before < below, `it goes on: ${before}`);
    await sleep(STILL_MS);
  }
  return count();
}
