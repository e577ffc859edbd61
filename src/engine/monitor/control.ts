/** Orders to a conmon that runs, by its fifo `ctl`. */

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
// What it takes for a size.
const MAX_SIZE = 1000;
// Of orders that it reads at once, conmon 2.1.6 obeys the first, again and again.
const SPACING_MS = 20;
// On a busy machine it may read late: the last size is told again, which changes
// nothing if it was heard.
const REMINDERS_MS = [100, 400, 1500] as const;

/** Tells a terminal its size. */
export type Resizer = (size: TerminalSize) => Promise<void>;

/**
 * Tells a terminal its size: at once, and the last of several sizes last.
 *
 * @param folder Where conmon has its fifo.
 * @param options Its signal aborts when nobody is there any more to be told.
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
 * @param folder Where conmon has its fifo.
 * @returns Whether it was told.
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
