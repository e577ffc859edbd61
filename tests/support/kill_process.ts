/** Signals to one process, whatever a file said that names it. */

import { assert } from "@std/assert";
import { readTextIfThere } from "../../src/fs/if_there.ts";
import { until } from "./until.ts";

/**
 * Sends a signal to a process. An empty file would be process 0: that is the group of
 * the tests themselves.
 */
export function killProcess(pid: number, signal: Deno.Signal): void {
  assert(isPid(pid), `no process has number "${pid}"`);
  Deno.kill(pid, signal);
}

/** Waits until a file names a process: it may be filled only after it is made. */
export async function readPid(path: string): Promise<number> {
  const read = () => Number(readTextIfThere(path));
  await until(() => isPid(read()));
  return read();
}

function isPid(pid: number): boolean {
  return Number.isInteger(pid) && pid > 1;
}
