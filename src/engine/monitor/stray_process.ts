/** Processes that others started, known by their PID files. */

import { join } from "@std/path";
import { tryReadText } from "../../fs/if_there.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";
import type { Agent } from "../agent.ts";

/** conmon's PID file, in its folder. */
export const MONITOR_PID_FILE = "conmon.pid";

/**
 * Reads a process ID from a file; undefined if there is none, or it is not written
 * yet.
 */
export function readPid(path: string): number | undefined {
  const text = tryReadText(path)?.trim() ?? "";
  const pid = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return pid > 1 ? pid : undefined;
}

/**
 * Sends a signal; a process that has ended is no error.
 *
 * @param target A process, or a group as a negative number; undefined for none.
 */
export async function signalProcess(
  name: "HUP" | "KILL",
  target: number | undefined,
): Promise<void> {
  if (target === undefined) return;
  await runCommand(findProgram("kill"), [`-${name}`, "--", String(target)], {
    okCodes: "any",
    group: "shared",
  });
}

/**
 * Kills a conmon, if there is one, and never another process with a reused ID.
 *
 * @param folder The folder of its files, as in its arguments.
 */
export async function killMonitor(
  { store: { libc } }: Pick<Agent, "store">,
  folder: string,
): Promise<void> {
  const pid = readPid(join(folder, MONITOR_PID_FILE));
  if (pid === undefined) return;
  const words = libc?.readProcessFile(pid, "cmdline")?.split("\0") ?? [];
  if (words.includes(folder)) await signalProcess("KILL", pid);
}
