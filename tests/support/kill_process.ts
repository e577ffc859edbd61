/** Signals to one process, whatever a file said that names it. */

import { assert } from "@std/assert";

/**
 * Sends a signal to a process. An empty file would be process 0: that is the group of
 * the tests themselves.
 */
export function killProcess(pid: number, signal: Deno.Signal): void {
  assert(Number.isInteger(pid) && pid > 1, `no process has number "${pid}"`);
  Deno.kill(pid, signal);
}
