/** Runs GNU tar. */

import { assertEquals } from "@std/assert";
import { toBinaryString } from "../../../src/formats/binary_string.ts";

/** Runs it, as `applySpool()` wants it run; it must have nothing to say. */
export async function runTar(args: readonly string[]): Promise<string> {
  const { code, stderr } = await new Deno.Command("tar", {
    args: [...args],
    env: { "LC_ALL": "C" },
  }).output();
  assertEquals([code, toBinaryString(stderr)], [0, ""]);
  return "";
}
