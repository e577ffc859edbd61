/** Measures what containers use of the machine. */

import type { Abortable } from "../../errors/abort.ts";
import {
  asArray,
  asObject,
  asString,
  type JsonObject,
  parseJson,
} from "../../formats/json.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { sum } from "../../formats/sum.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { tryReadLastRun } from "../containers/last_run.ts";
import { tell } from "../containers/oci_runtime.ts";
import { findOwn } from "./find_own.ts";
import { findRunning } from "./find_running.ts";

/** What a container uses, as its cgroup counts. */
export interface ContainerMeasure {
  /** Of the container. */
  readonly id: ContainerId;
  /** The first of its names. */
  readonly name: string;
  /** When it was measured: milliseconds since 1970. */
  readonly atMs: number;
  /** When its process began; undefined if nobody noted it. */
  readonly startedAtMs: number | undefined;
  /** Nanoseconds of processors since then. */
  readonly cpuNs: number;
  /** Bytes, with what the kernel keeps of files for it. */
  readonly memoryBytes: number;
  /** Bytes that it may use: the machine's, if it has no limit. */
  readonly memoryLimit: number;
  /** Bytes received and sent, without the loopback's. */
  readonly network: { readonly received: number; readonly sent: number };
  /** Bytes from and to disks. */
  readonly disk: { readonly read: number; readonly written: number };
  /** Processes and threads. */
  readonly pids: number;
}

/**
 * Measures a container that runs.
 *
 * @param handle From `openAgent()`.
 * @param idOrName Full ID, name, ID of its layer, or a unique prefix of its ID.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {Error} If nothing runs in it.
 * @example
 * ```ts
 * import { type Agent, measureContainer } from "orlop";
 * async function isLarge(agent: Agent, name: string): Promise<boolean> {
 *   const { memoryBytes } = await measureContainer(agent, name);
 *   return memoryBytes > 1e9;
 * }
 * ```
 */
export async function measureContainer(
  handle: AgentHandle,
  idOrName: string,
  options: Abortable = {},
): Promise<ContainerMeasure> {
  const agent = insideOf(handle);
  const verb = "read";
  const record = await findOwn(agent, idOrName, { ...options, verb });
  const doing = "measure";
  const { runtime } = await findRunning(agent, record, { ...options, doing });
  const { id, names = [] } = record;
  const args = ["events", "--stats", id];
  const { stdout } = await tell(runtime, args, options);
  const what = "the runtime's statistics";
  const data = asObject(asObject(parseJson(stdout, what), what)["data"], what);
  const started = tryReadLastRun(agent, id)?.startedAt;
  return {
    id,
    name: names[0] ?? id,
    atMs: Date.now(),
    startedAtMs: started === undefined ? undefined : Date.parse(started),
    ...readUse(data, agent),
  };
}

type Use = Omit<ContainerMeasure, "id" | "name" | "atMs" | "startedAtMs">;

/** Runtimes leave out what is zero, or what the kernel does not count. */
function readUse(data: JsonObject, agent: Agent): Use {
  const memory = child(child(data, "memory"), "usage");
  const links = list(data, "network_interfaces")
    .filter((link) => asString(link["Name"] ?? "", "Name") !== "lo");
  const total = (key: string) => sum(links.map((link) => number(link, key)));
  const blocks = list(child(data, "blkio"), "ioServiceBytesRecursive");
  const moved = (op: string) =>
    sum(
      blocks.filter((one) => String(one["op"]).toLowerCase() === op)
        .map((one) => number(one, "value")),
    );
  return {
    cpuNs: number(child(child(data, "cpu"), "usage"), "total"),
    memoryBytes: number(memory, "usage"),
    memoryLimit: limitOf(number(memory, "limit"), agent),
    network: { received: total("RxBytes"), sent: total("TxBytes") },
    disk: { read: moved("read"), written: moved("write") },
    pids: number(child(data, "pids"), "current"),
  };
}

function child(object: JsonObject, key: string): JsonObject {
  return asObject(object[key] ?? {}, key);
}

function list(object: JsonObject, key: string): readonly JsonObject[] {
  return asArray(object[key] ?? [], key).map((one) => asObject(one, key));
}

/** Some limits are beyond exact numbers: they are none. */
function number(object: JsonObject, key: string): number {
  return Number(object[key] ?? 0);
}

function limitOf(limit: number, { store: { libc } }: Agent): number {
  const table = libc?.readMemoryTable() ?? "";
  const [, kibibytes] = /^MemTotal:\s+(\d+) kB$/m.exec(table) ?? [];
  const machine = kibibytes === undefined ? Infinity : Number(kibibytes) * 1024;
  return limit > 0 ? Math.min(limit, machine) : machine;
}
