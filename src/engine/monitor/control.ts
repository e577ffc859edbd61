/** Sends commands to a running conmon through its FIFO `ctl`. */

import { join } from "@std/path";
import { sleep } from "../../errors/abort.ts";
import { toBytes } from "../../formats/bytes.ts";
import { socketsOf } from "../../process/libc_sockets.ts";
import type { TerminalSize } from "../../process/process_streams.ts";
import type { Agent } from "../agent.ts";
import { CONTROL_FIFO } from "../containers/container_monitor.ts";

// conmon's `WIN_RESIZE_EVENT` and `REOPEN_LOGS_EVENT`.
const RESIZE = 1;
const REOPEN = 2;
// The largest size that it accepts.
const MAX_SIZE = 1000;
// If conmon 2.1.6 reads several commands at once, it repeats the first.
const SPACING_MS = 20;
// On a busy machine it may read late: the last size is sent again, which has no
// effect if it was read.
const REMINDERS_MS = [100, 400, 1500] as const;

/** Sets the size of a terminal. */
export type Resizer = (size: TerminalSize) => Promise<void>;

/**
 * Sets the size of a terminal: the first at once, and the last of several at the
 * end.
 *
 * @param folder The folder of conmon's FIFO.
 * @param options Its signal aborts when the process has ended.
 */
export function openResizer(
  agent: Agent,
  folder: string,
  { signal }: { readonly signal: AbortSignal },
): Resizer {
  let next: TerminalSize | undefined;
  let running: Promise<void> | undefined;
  let reminder: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener("abort", () => clearTimeout(reminder), {
    once: true,
  });
  return (size) => {
    next = size;
    clearTimeout(reminder);
    return running ??= run().finally(() => running = undefined);
  };

  async function run(): Promise<void> {
    while (next !== undefined) {
      const { columns, rows } = next;
      next = undefined;
      const sizes = [rows, columns].map(fit);
      if (sizes.some((size) => size <= 0)) continue;
      if (!tell(agent, folder, [RESIZE, ...sizes])) return;
      await sleep(SPACING_MS);
      if (next === undefined) remind(sizes, REMINDERS_MS);
    }
  }

  function remind(
    sizes: readonly number[],
    [delayMs, ...later]: readonly number[],
  ): void {
    if (delayMs === undefined || signal.aborted) return;
    reminder = setTimeout(() => {
      if (tell(agent, folder, [RESIZE, ...sizes])) remind(sizes, later);
    }, delayMs);
  }
}

/**
 * Lets conmon write to a new log: it replaces the file at its path.
 *
 * @param folder The folder of conmon's FIFO.
 * @returns Whether the command was sent.
 */
export function orderReopen(agent: Agent, folder: string): boolean {
  return tell(agent, folder, [REOPEN, 0, 0]);
}

function fit(size: number): number {
  return Number.isFinite(size) ? Math.min(MAX_SIZE, Math.trunc(size)) : 0;
}

function tell(
  { store }: Agent,
  folder: string,
  numbers: readonly number[],
): boolean {
  const line = toBytes(`${numbers.join(" ")}\n`);
  return socketsOf(store.libc).writeFifo(join(folder, CONTROL_FIFO), line);
}
