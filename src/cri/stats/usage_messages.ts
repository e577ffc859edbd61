/** Converts the usage of a control group to CRI's messages. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Interfaces } from "../../engine/stats/network_reader.ts";
import type { UsageSample } from "../../engine/stats/usage_reader.ts";
import type { Amount } from "../../formats/kernel/cgroup_usage.ts";
import type {
  Pressure,
  PressureTimes,
} from "../../formats/kernel/kernel_text.ts";
import {
  type NetworkCounters,
  withoutLoopback,
} from "../../formats/kernel/network_counters.ts";
import type { TreeSize } from "../../fs/measure_tree.ts";
import type {
  CpuUsageSchema,
  FilesystemUsageSchema,
  IoUsageSchema,
  MemoryUsageSchema,
  NetworkInterfaceUsageSchema,
  NetworkUsageSchema,
  PsiDataSchema,
  PsiStatsSchema,
  SwapUsageSchema,
} from "../api/api_pb.js";

/** The parts of a container's or a pod's statistics. */
export interface UsageMessages {
  readonly cpu: MessageInitShape<typeof CpuUsageSchema>;
  readonly memory: MessageInitShape<typeof MemoryUsageSchema>;
  readonly swap: MessageInitShape<typeof SwapUsageSchema>;
  readonly io: MessageInitShape<typeof IoUsageSchema>;
}

/** Converts usage; values that are not measured are omitted. */
export function usageMessages(
  { takenAtNs: timestamp, usage, nanoCores }: Pick<
    UsageSample,
    "takenAtNs" | "usage" | "nanoCores"
  >,
): UsageMessages {
  const { cpu, memory, io } = usage;
  const { workingSet = 0n, limit, swap, swapLimit } = memory;
  return {
    cpu: {
      timestamp,
      usageCoreNanoSeconds: counted(cpu.usageNs),
      usageNanoCores: counted(nanoCores),
      psi: psi(cpu.pressure),
    },
    memory: {
      timestamp,
      workingSetBytes: counted(memory.workingSet),
      availableBytes: counted(rest(limit, workingSet)),
      usageBytes: counted(memory.usage),
      rssBytes: counted(memory.rss),
      pageFaults: counted(memory.pageFaults),
      majorPageFaults: counted(memory.majorPageFaults),
      psi: psi(memory.pressure),
    },
    swap: {
      timestamp,
      swapUsageBytes: counted(swap),
      swapAvailableBytes: counted(rest(swapLimit, swap ?? 0n)),
    },
    io: { timestamp, psi: psi(io.pressure) },
  };
}

/** Converts the traffic of a pod's interfaces; the first one is its default. */
export function networkMessage(
  interfaces: Interfaces,
  timestamp: bigint,
): MessageInitShape<typeof NetworkUsageSchema> {
  const [first, ...others] = withoutLoopback(interfaces).map(interfaceMessage);
  return {
    timestamp,
    ...first && { defaultInterface: first },
    interfaces: first === undefined ? [] : [first, ...others],
  };
}

function interfaceMessage(
  { name, received, sent }: NetworkCounters,
): MessageInitShape<typeof NetworkInterfaceUsageSchema> {
  return {
    name,
    rxBytes: { value: received.bytes },
    rxErrors: { value: received.errors },
    txBytes: { value: sent.bytes },
    txErrors: { value: sent.errors },
  };
}

/** Converts the usage of a file system. */
export function fileSystemMessage(
  { bytes, inodes }: TreeSize,
  { mountpoint, timestamp }: {
    readonly mountpoint: string;
    readonly timestamp: bigint;
  },
): MessageInitShape<typeof FilesystemUsageSchema> {
  return {
    timestamp,
    fsId: { mountpoint },
    usedBytes: { value: BigInt(bytes) },
    inodesUsed: { value: BigInt(inodes) },
  };
}

function counted(value: Amount): { value: bigint } | undefined {
  return value === undefined ? undefined : { value };
}

function rest(limit: Amount, used: bigint): Amount {
  if (limit === undefined) return undefined;
  return limit > used ? limit - used : 0n;
}

function psi(
  pressure: Pressure | undefined,
): MessageInitShape<typeof PsiStatsSchema> | undefined {
  return pressure && {
    Some: psiData(pressure.some),
    Full: psiData(pressure.full),
  };
}

function psiData(
  { totalNs, average10, average60, average300 }: PressureTimes,
): MessageInitShape<typeof PsiDataSchema> {
  return {
    Total: totalNs,
    Avg10: average10,
    Avg60: average60,
    Avg300: average300,
  };
}
