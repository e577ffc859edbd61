/** The resource usage of control groups: Linux, cgroup-v1/ and cgroup-v2.rst. */

import type { Pressure } from "./kernel_text.ts";

/** A counter or a limit; undefined if not measured or not set. */
export type Amount = bigint | undefined;

/** The usage and limits of a control group; in bytes unless stated otherwise. */
export interface CgroupUsage {
  readonly cpu: CpuUsage;
  readonly memory: MemoryUsage;
  readonly io: IoUsage;
  readonly hugepages: readonly HugepageUsage[];
  readonly processes: ProcessUsage;
}

/** Time on processors. */
export interface CpuUsage {
  readonly usageNs: Amount;
  readonly userNs: Amount;
  readonly systemNs: Amount;
  /** How many periods of a limit there were, */
  readonly periods: Amount;
  /** in how many it was used up, */
  readonly throttledPeriods: Amount;
  /** and for how long processes had to wait then. */
  readonly throttledNs: Amount;
  /** Of each period, in microseconds. */
  readonly quotaUs: Amount;
  readonly periodUs: Amount;
  /** The weight among others, where 1024 is usual. */
  readonly shares: Amount;
  readonly pressure?: Pressure | undefined;
}

/** Memory. */
export interface MemoryUsage {
  /** All that is charged. */
  readonly usage: Amount;
  /** Without what could be released at once. */
  readonly workingSet: Amount;
  /** Of processes, not of files. */
  readonly rss: Amount;
  /** Of files. */
  readonly cache: Amount;
  readonly mappedFile: Amount;
  readonly kernel: Amount;
  readonly maxUsage: Amount;
  readonly limit: Amount;
  readonly reservation: Amount;
  readonly swap: Amount;
  readonly swapLimit: Amount;
  /** How often something was not in memory, in times, */
  readonly pageFaults: Amount;
  /** and had to be read for it. */
  readonly majorPageFaults: Amount;
  /** How often the limit was reached. */
  readonly failures: Amount;
  /** How many processes were killed for it. */
  readonly oomKills: Amount;
  readonly pressure?: Pressure | undefined;
}

/** Reading and writing of block devices. */
export interface IoUsage {
  readonly devices: readonly DeviceUsage[];
  readonly pressure?: Pressure | undefined;
}

/** Of one device. */
export interface DeviceUsage {
  readonly major: number;
  readonly minor: number;
  readonly readBytes: bigint;
  readonly writtenBytes: bigint;
  /** How often. */
  readonly reads: bigint;
  readonly writes: bigint;
}

/** Memory in huge pages of one size. */
export interface HugepageUsage {
  /** Such as `2MB`. */
  readonly pageSize: string;
  readonly usage: bigint;
  readonly maxUsage: Amount;
}

/** Processes. */
export interface ProcessUsage {
  /** With all their threads. */
  readonly threads: Amount;
  readonly threadsLimit: Amount;
  /** Their IDs, as the host sees them. */
  readonly ids: readonly number[];
}

/** Where control groups are mounted. */
export interface CgroupMounts {
  /** `"1"` has a directory for each controller. */
  readonly version: 1 | 2;
  /** Of version 1: the directory that the controllers' are in. Of 2: the root. */
  readonly directory: string;
  /** The root of version 2, which tells of pressure, beside version 1, too. */
  readonly unified: string | undefined;
}

/** Reads a file of a control group; undefined if it is not there. */
export type ReadCgroupFile = (name: string) => string | undefined;
