/** Sends bytes through a program. */

import type { Bytes } from "../../src/formats/bytes.ts";

/** What a program prints that reads these bytes. */
export async function filter(
  program: string,
  args: readonly string[],
  input: Bytes,
): Promise<Bytes> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const [{ code, stdout }] = await Promise.all([
    child.output(),
    new Blob([input]).stream().pipeTo(child.stdin),
  ]);
  if (code === 0) return new Uint8Array(stdout);
  throw new Error(`Cannot run ${program}: exit code ${code}`);
}
