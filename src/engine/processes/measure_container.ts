/** Measures the resource usage of containers. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { withoutLoopback } from "../../formats/kernel/network_counters.ts";
import { sum } from "../../formats/sum.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { tryReadLastRun } from "../containers/last_run.ts";
import { type Interfaces, networkReader } from "../stats/network_reader.ts";
import { type ContainerSample, UsageReader } from "../stats/usage_reader.ts";
import { findOwn } from "./find_own.ts";

/** The resource usage of a container, from its cgroup. */
export interface ContainerMeasure {
  /** Of the container. */
  readonly id: ContainerId;
  /** The first of its names. */
  readonly name: string;
  /** When it was measured: milliseconds since 1970. */
  readonly atMs: number;
  /** When its process began; undefined if unknown. */
  readonly startedAtMs: number | undefined;
  /** CPU time since then, in nanoseconds. */
  readonly cpuNs: number;
  /** In bytes, with its page cache. */
  readonly memoryBytes: number;
  /** Its limit in bytes; the machine's memory if it has none. */
  readonly memoryLimit: number;
  /** Bytes received and sent, without loopback; 0 in the host's network. */
  readonly network: { readonly received: number; readonly sent: number };
  /** Bytes from and to disks. */
  readonly disk: { readonly read: number; readonly written: number };
  /** Processes and threads. */
  readonly pids: number;
}

const NS_PER_MS = 1_000_000n;

/**
 * Measures a running container.
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
  const { id, names = [] } = await findOwn(agent, idOrName, {
    ...options,
    verb: "read",
  });
  const name = names[0] ?? id;
  const [measure] = await measureContainers(agent, [{ id, name }], options);
  if (measure !== undefined) return measure;
  throw new Error(`Cannot measure container "${name}": nothing runs in it`);
}

/** Measures containers concurrently: the running ones, in the same order. */
export async function measureContainers(
  agent: Agent,
  containers: readonly Pick<ContainerMeasure, "id" | "name">[],
  options: Abortable = {},
): Promise<readonly ContainerMeasure[]> {
  const ids = containers.map(({ id }) => id);
  const samples = await new UsageReader(agent).readContainers(ids, options);
  const running = containers.flatMap((container) => {
    const sample = samples.get(container.id);
    const isRunning = sample && sample.usage.processes.ids.length > 0;
    return isRunning ? [{ ...container, sample }] : [];
  });
  const networks = await networkReader(agent).get(
    running.flatMap(({ sample }) => networkOf(sample) ?? []),
    options,
  );
  return running.map(({ id, name, sample }) => {
    const started = tryReadLastRun(agent, id)?.startedAt;
    return {
      ...{ id, name },
      startedAtMs: started === undefined ? undefined : Date.parse(started),
      ...toUse(agent, sample, networks.get(networkOf(sample) ?? "")),
    };
  });
}

/** The network of its first process. */
function networkOf(
  { hasNetwork, usage }: ContainerSample,
): string | undefined {
  const [first] = usage.processes.ids;
  return hasNetwork && first !== undefined
    ? `/proc/${first}/net/dev`
    : undefined;
}

function toUse(
  agent: Agent,
  { takenAtNs, usage: { cpu, memory, io, processes } }: ContainerSample,
  interfaces: Interfaces = [],
): Omit<ContainerMeasure, "id" | "name" | "startedAtMs"> {
  const others = withoutLoopback(interfaces);
  return {
    atMs: Number(takenAtNs / NS_PER_MS),
    cpuNs: Number(cpu.usageNs ?? 0),
    memoryBytes: Number(memory.usage ?? 0),
    memoryLimit: limitOf(Number(memory.limit ?? 0), agent),
    network: {
      received: sum(others.map(({ received }) => Number(received.bytes))),
      sent: sum(others.map(({ sent }) => Number(sent.bytes))),
    },
    disk: {
      read: sum(io.devices.map(({ readBytes }) => Number(readBytes))),
      written: sum(io.devices.map(({ writtenBytes }) => Number(writtenBytes))),
    },
    pids: Number(processes.threads ?? processes.ids.length),
  };
}

function limitOf(limit: number, { store: { libc } }: Agent): number {
  const table = libc?.readMemoryTable() ?? "";
  const [, kibibytes] = /^MemTotal:\s+(\d+) kB$/m.exec(table) ?? [];
  const machine = kibibytes === undefined ? Infinity : Number(kibibytes) * 1024;
  return limit > 0 ? Math.min(limit, machine) : machine;
}
