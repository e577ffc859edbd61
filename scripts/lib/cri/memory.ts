/** What a runtime and its monitors take of a node's memory. */

import { run } from "../../../tests/support/servers/registry_server.ts";
import type { Runtime } from "./runtime.ts";

/** In MiB. */
export interface Memory {
  /** Resident, of the daemon alone. */
  readonly daemon: number;
  /** The daemon and all monitors, where shared pages are shared out among them. */
  readonly all: number;
  /** How many monitors run. */
  readonly monitors: number;
}

const MONITORS: Readonly<Record<string, string>> = {
  orlop: "conmon",
  containerd: "containerd-shim",
};
const KIB_PER_MIB = 1024;

/** Measures what runs now. */
export async function measureMemory(runtime: Runtime): Promise<Memory> {
  const table = await run("ps", "-e", "-o", "pid=,comm=");
  const monitors = table.trim().split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, name = ""]) => name.startsWith(MONITORS[runtime.name] ?? ""))
    .map(([pid]) => Number(pid));
  let all = 0;
  for (const pid of [runtime.pid, ...monitors]) {
    all += await readKib(pid, "Pss");
  }
  return {
    daemon: await readKib(runtime.pid, "Rss") / KIB_PER_MIB,
    all: all / KIB_PER_MIB,
    monitors: monitors.length,
  };
}

async function readKib(pid: number, what: "Rss" | "Pss"): Promise<number> {
  try {
    const text = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
    return Number(new RegExp(`^${what}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  } catch {
    return 0; // it has just ended
  }
}
