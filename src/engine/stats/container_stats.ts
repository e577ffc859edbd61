/** What containers use, for people: a few numbers each. */

import type { Abortable } from "../../errors/abort.ts";
import type { Amount } from "../../formats/kernel/cgroup_usage.ts";
import { parseCounter } from "../../formats/kernel/kernel_text.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { readKernelFiles } from "../../process/kernel_files.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import type { KeptValues } from "./kept_values.ts";
import { type Interfaces, networkReader } from "./network_reader.ts";
import { type ContainerSample, UsageReader } from "./usage_reader.ts";

/** What a container uses that runs. In bytes, unless said. */
export interface ContainerStats {
  /** Full. */
  readonly id: ContainerId;
  /** Since 1970. */
  readonly takenAtNs: bigint;
  /** Of late, 1 is one processor; undefined the first time. */
  readonly cpu: number | undefined;
  /** Since it was started, in nanoseconds. */
  readonly cpuTimeNs: Amount;
  /** Without what the kernel could give back at once. */
  readonly memory: Amount;
  /** The machine's memory, if it has no limit. */
  readonly memoryLimit: Amount;
  /** Undefined in the host's network. */
  readonly network: Traffic | undefined;
  /** Of block devices. */
  readonly io: { readonly read: bigint; readonly written: bigint };
  /** With all their threads. */
  readonly processes: Amount;
}

/** What went through a network. */
export interface Traffic {
  /** By the container, in bytes. */
  readonly received: bigint;
  /** As `received`. */
  readonly sent: bigint;
}

const MEMINFO = "/proc/meminfo";
const BYTES_PER_KIB = 1024n;
const LOOPBACK = "lo";

/**
 * Reads what containers use: once, or again and again, which makes rates.
 *
 * @example
 * ```ts
 * import { ContainerStatsReader, openAgent } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run` });
 * const reader = new ContainerStatsReader(agent, { keepMs: 500 });
 * console.log(await reader.read([])); // of no containers, none
 * ```
 */
export class ContainerStatsReader {
  readonly #agent: Agent;
  readonly #usage: UsageReader;
  readonly #networks: KeptValues<Interfaces>;

  /**
   * Knows nothing as yet.
   *
   * @param handle From `openAgent()`.
   */
  constructor(
    handle: AgentHandle,
    options: {
      /**
       * For how long numbers are as good as new, in milliseconds.
       *
       * @default {2000}
       */
      readonly keepMs?: number | undefined;
    } = {},
  ) {
    this.#agent = insideOf(handle);
    this.#usage = new UsageReader(this.#agent, options);
    this.#networks = networkReader(options);
  }

  /**
   * Reads; those that do not run are not in the answer.
   *
   * @throws {CommandError} If the kernel's files cannot be read.
   */
  async read(
    ids: readonly ContainerId[],
    options: Abortable = {},
  ): Promise<readonly ContainerStats[]> {
    const samples = await this.#usage.readContainers(ids, options);
    const running = [...samples].filter(([, { usage }]) =>
      usage.processes.ids.length > 0
    );
    const networks = await this.#networks.get(
      running.flatMap(([, sample]) => networkOf(sample) ?? []),
      options,
    );
    const total = await readTotalMemory(options);
    return running.map(([id, sample]) => {
      const interfaces = networks.get(networkOf(sample) ?? "");
      return describe(id, sample, { interfaces, total });
    });
  }
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

async function readTotalMemory(options: Abortable): Promise<Amount> {
  const text = (await readKernelFiles([MEMINFO], options)).get(MEMINFO) ?? "";
  const kib = parseCounter(/^MemTotal: +(\d+) kB$/m.exec(text)?.[1]);
  return kib && kib * BYTES_PER_KIB;
}

function describe(
  id: ContainerId,
  { takenAtNs, usage, nanoCores }: ContainerSample,
  { interfaces, total }: {
    readonly interfaces: Interfaces | undefined;
    readonly total: Amount;
  },
): ContainerStats {
  const { cpu, memory, io, processes } = usage;
  const { limit = total } = memory;
  const isReal = total === undefined || (limit ?? 0n) < total;
  const others = interfaces?.filter(({ name }) => name !== LOOPBACK);
  return {
    ...{ id, takenAtNs },
    cpu: nanoCores === undefined ? undefined : Number(nanoCores) / 1e9,
    cpuTimeNs: cpu.usageNs,
    memory: memory.workingSet,
    memoryLimit: isReal ? limit : total,
    network: others && {
      received: sum(others.map(({ received }) => received.bytes)),
      sent: sum(others.map(({ sent }) => sent.bytes)),
    },
    io: {
      read: sum(io.devices.map(({ readBytes }) => readBytes)),
      written: sum(io.devices.map(({ writtenBytes }) => writtenBytes)),
    },
    processes: processes.threads ?? BigInt(processes.ids.length),
  };
}

function sum(numbers: readonly bigint[]): bigint {
  return numbers.reduce((total, number) => total + number, 0n);
}
