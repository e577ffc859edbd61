/** orlop as a process that goes on while a test looks at it. */

import { lines } from "./lines.ts";
import { orlopCommand, type ProgramResult } from "./orlop_program.ts";

/** A process. */
export interface OrlopProcess {
  readonly pid: number;
  /** Sends it a signal. */
  kill(signal: Deno.Signal): void;
  /** Waits for its end; a signal's code is 128 and its number. */
  readonly result: Promise<ProgramResult>;
}

/** Starts orlop on a store below a directory. */
export function startOrlop(
  directory: string,
  ...args: string[]
): OrlopProcess {
  const child = orlopCommand(directory, args).spawn();
  return {
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    result: waitFor(child),
  };
}

async function waitFor(child: Deno.ChildProcess): Promise<ProgramResult> {
  const [out, err, { code }] = await Promise.all([
    Array.fromAsync(lines(child.stdout)),
    Array.fromAsync(lines(child.stderr)),
    child.status,
  ]);
  return { code, out: out.join("\n"), err: err.join("\n") };
}
