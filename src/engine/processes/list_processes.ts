/** Lists the processes of a container. */

import type { Abortable } from "../../errors/abort.ts";
import {
  parseGroupLine,
  parsePasswdLine,
} from "../../formats/config/passwd.ts";
import { asArray, asInteger, parseJson } from "../../formats/json.ts";
import {
  parseProcessStat,
  parseProcessStatus,
  type ProcessStat,
} from "../../formats/process_status.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { readLinesInRoot } from "../../fs/read_in_root.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { tell } from "../runtimes/oci_runtime.ts";
import { mountPoint } from "../mounts/mount_points.ts";
import { findOwn } from "./find_own.ts";
import { findRunning } from "./find_running.ts";

/** A process in a container. */
export interface ContainerProcess {
  /** As the host sees it. */
  readonly hostPid: number;
  /** As the container sees it. */
  readonly pid: number;
  /** As the container sees it; 0 if that is outside. */
  readonly parentPid: number;
  /** Its arguments; empty for one that has ended. */
  readonly args: readonly string[];
  /** The fields of `/proc/PID/stat`. */
  readonly stat: ProcessStat;
  /** Other members of `/proc/PID/status`, such as `CapEff`, by their names. */
  readonly status: ReadonlyMap<string, string>;
}

/** The processes of a container, and the names for their IDs. */
export interface ProcessList {
  /** In the order in which its cgroup lists them. */
  readonly processes: readonly ContainerProcess[];
  /** The container's own names of users, by their IDs. */
  readonly users: ReadonlyMap<number, string>;
  /** The container's own names of groups, by their IDs. */
  readonly groups: ReadonlyMap<number, string>;
}

/**
 * Lists the processes of a container, with their data from the kernel.
 *
 * @param handle From `openAgent()`, with libc.
 * @param idOrName Full ID, name, ID of its layer, or a unique prefix of its ID.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {Error} If nothing runs in it.
 * @example
 * ```ts
 * import { type Agent, listProcesses } from "orlop";
 * async function count(agent: Agent, name: string): Promise<number> {
 *   const { processes } = await listProcesses(agent, name);
 *   return processes.length;
 * }
 * ```
 */
export async function listProcesses(
  handle: AgentHandle,
  idOrName: string,
  options: Abortable = {},
): Promise<ProcessList> {
  const agent = insideOf(handle);
  const verb = "read";
  const record = await findOwn(agent, idOrName, { ...options, verb });
  const { runtime } = await findRunning(agent, record, {
    ...options,
    doing: "list the processes of",
  });
  const args = ["ps", "--format", "json", record.id];
  const { stdout } = await tell(runtime, args, options);
  const pids = asArray(parseJson(stdout || "[]", "ps"), "ps")
    .map((pid) => asInteger(pid, "ps"));
  return {
    processes: readAll(agent, pids),
    users: await readNames(agent, record, "etc/passwd", (line) => {
      const entry = parsePasswdLine(line);
      return entry && [entry.uid, entry.name];
    }),
    groups: await readNames(agent, record, "etc/group", (line) => {
      const entry = parseGroupLine(line);
      return entry && [entry.gid, entry.name];
    }),
  };
}

/** Those that have not ended meanwhile. */
function readAll(
  { store: { libc } }: Agent,
  pids: readonly number[],
): readonly ContainerProcess[] {
  const found = pids.flatMap((hostPid) => {
    const stat = parseProcessStat(libc?.readProcessFile(hostPid, "stat") ?? "");
    if (stat === undefined) return [];
    const status = parseProcessStatus(
      libc?.readProcessFile(hostPid, "status") ?? "",
    );
    const line = libc?.readProcessFile(hostPid, "cmdline") ?? "";
    const args = line === "" ? [] : line.replace(/\0$/, "").split("\0");
    // Its ID in each of its PID namespaces, the innermost last.
    const inner = status.get("NSpid")?.split("\t").at(-1);
    const pid = Number(inner ?? hostPid);
    return [{ hostPid, pid, args, stat, status }];
  });
  const inside = new Map(found.map(({ hostPid, pid }) => [hostPid, pid]));
  return found.map((process) => ({
    ...process,
    parentPid: inside.get(process.stat.parentPid) ?? 0,
  }));
}

// Limits how much of an image's file of users is read.
const MAX_NAMES_BYTES = 1024 * 1024;

async function readNames(
  agent: Agent,
  { layer }: ContainerRecord,
  path: string,
  parse: (line: string) => readonly [number, string] | undefined,
): Promise<ReadonlyMap<number, string>> {
  const names = new Map<number, string>();
  const root = mountPoint(agent, layer);
  try {
    const lines = readLinesInRoot(root, path, {
      libc: agent.store.libc,
      maxSize: MAX_NAMES_BYTES,
    });
    for await (const line of lines) {
      const [id, name = ""] = parse(line) ?? [];
      if (id !== undefined && !names.has(id)) names.set(id, name);
    }
  } catch {
    // Without the file, numbers are shown.
  }
  return names;
}
