/** What commands print and refuse, as tables. */

import { assert, assertEquals } from "@std/assert";
import type { CliStore } from "./cli_store.ts";

/** Runs commands one after the other: a line, its exit code, what it prints. */
export async function says(
  t: Deno.TestContext,
  { orlop }: Pick<CliStore, "orlop">,
  cases: readonly (readonly [string, number, readonly string[]])[],
): Promise<void> {
  for (const [line, code, out] of cases) {
    await t.step(line, async () => {
      const ran = await orlop(line);
      assertEquals(ran, { code, out, err: [] });
    });
  }
}

/** Runs commands that fail: a line, its exit code, how the message begins. */
export async function refuses(
  t: Deno.TestContext,
  { orlop }: Pick<CliStore, "orlop">,
  cases: readonly (readonly [string, number, string])[],
): Promise<void> {
  for (const [line, code, message] of cases) {
    await t.step(line, async () => {
      const ran = await orlop(line);
      const [first = ""] = ran.err;
      assert(first.startsWith(`orlop: ${message}`), first);
      assertEquals(ran.code, code);
      // Who typed it wrong is told how to type it, and else there is one line.
      const usage = ran.err.slice(1).map((line) => line.split(":")[0]);
      assertEquals(usage, usage.length === 0 ? [] : ["Usage", "Help"]);
      assert(usage.length === 0 || code === 2);
    });
  }
}
