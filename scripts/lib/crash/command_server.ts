/**
 * Runs orlop's commands, one after the other, in one process. Reads the arguments of
 * each from a line, as JSON, and prints a line with the result.
 */

import { takeLibc } from "../../../src/process/bind_libc.ts";
import { lines } from "../../../tests/support/programs/lines.ts";
import { memoryTerminal } from "../../../tests/support/memory/memory_terminal.ts";
import { print } from "../print.ts";

if (import.meta.main) await main();

async function main(): Promise<void> {
  const libc = takeLibc();
  libc?.setUmask(0o022);
  const { runCli } = await import("../../../src/cli/run_cli.ts");
  for await (const line of lines(Deno.stdin.readable)) {
    const terminal = memoryTerminal();
    const code = await runCli(JSON.parse(line), {
      terminal,
      libc,
      permissions: "keep",
    });
    const { printed, told } = terminal;
    const result = { code, out: printed.join("\n"), err: told.join("\n") };
    print(JSON.stringify(result));
  }
}
