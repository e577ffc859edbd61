/** Reads the traffic counters of networks. */

import {
  type NetworkCounters,
  parseNetworkCounters,
} from "../../formats/kernel/network_counters.ts";
import { findProgram } from "../../process/find_program.ts";
import {
  type KernelFilesOptions,
  readKernelFiles,
} from "../../process/kernel_files.ts";
import { runCommand } from "../../process/run_command.ts";
import type { Agent } from "../agent.ts";
import { KeptValues, type KeptValuesOptions } from "./kept_values.ts";

/** The counters of a network's interfaces. */
export type Interfaces = readonly NetworkCounters[];

// A character that is in no path and no counter.
const MARK = "\u0001";
/** Enters each namespace for a moment; one that is gone has no counters. */
const SCRIPT =
  `for file; do printf '${MARK}%s\\n' "$file"; "$0" --net="$file" ` +
  `cat /proc/net/dev 2>/dev/null; done; true`;
const PROCESS = /^\/proc\/[1-9]\d*\/net\/dev$/;

/**
 * Reads counters of networks, by files that stand for their namespaces, or by a
 * process that is in them: `/proc/PID/net/dev`.
 */
export function networkReader(
  { store }: Pick<Agent, "store">,
  options: Pick<KeptValuesOptions<Interfaces>, "keepMs"> = {},
): KeptValues<Interfaces> {
  return new KeptValues({
    ...options,
    read: (names, { signal }) =>
      readNetworks(names, { signal, libc: store.libc }),
  });
}

async function readNetworks(
  names: readonly string[],
  options: KernelFilesOptions,
): Promise<ReadonlyMap<string, Interfaces>> {
  const processes = names.filter((name) => PROCESS.test(name));
  const namespaces = names.filter((name) => !PROCESS.test(name));
  const found = new Map<string, Interfaces>();
  for (const [name, text] of await readKernelFiles(processes, options)) {
    found.set(name, parseNetworkCounters(text));
  }
  if (namespaces.length === 0) return found;
  const args = ["-c", SCRIPT, findProgram("nsenter"), ...namespaces];
  const { signal } = options;
  const { stdout } = await runCommand(findProgram("sh"), args, { signal });
  for (const part of stdout.split(MARK).slice(1)) {
    const [name = "", ...lines] = part.split("\n");
    const interfaces = parseNetworkCounters(lines.join("\n"));
    if (interfaces.length > 0) found.set(name, interfaces);
  }
  return found;
}
