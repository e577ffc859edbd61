/** Processes that others started, known by the files in which they noted their IDs. */

import { join } from "@std/path";
import { readTextIfThere } from "../../fs/if_there.ts";
import { findProgram } from "../../process/find_program.ts";
import { runCommand } from "../../process/run_command.ts";

/** Where conmon notes its own process ID, in its folder. */
export const MONITOR_PID_FILE = "conmon.pid";

/**
 * Reads a process ID from a file; undefined if there is none, or it is not written
 * as yet.
 */
export function readPid(path: string): number | undefined {
  const pid = Number(readTextIfThere(path) ?? "");
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/**
 * Sends a signal; one that has ended meanwhile hears nothing.
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

/** Kills a conmon, if there is one. @param folder Where it has its files. */
export async function killMonitor(folder: string): Promise<void> {
  await signalProcess("KILL", readPid(join(folder, MONITOR_PID_FILE)));
}
