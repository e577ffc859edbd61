/** Resource limits of a container. */

import type { RuntimeRlimit } from "../formats/oci/runtime_spec.ts";

/** Limits of a container's cgroup; what is left out is not limited. */
export interface ResourceLimits {
  /**
   * In bytes; with as much of swap, unless that is given.
   *
   * @default {no limit}
   */
  readonly memory?: number | undefined;
  /**
   * Memory and swap together, in bytes, or `"unlimited"`.
   *
   * @default {twice `memory`}
   */
  readonly memorySwap?: number | "unlimited" | undefined;
  /**
   * The soft limit of memory, in bytes.
   *
   * @default {none}
   */
  readonly memoryReservation?: number | undefined;
  /**
   * The swappiness: 0 to 100.
   *
   * @default {the kernel's}
   */
  readonly memorySwappiness?: number | undefined;
  /**
   * Whether it waits for memory instead of being killed.
   *
   * @default {false}
   */
  readonly oomKillDisabled?: boolean | undefined;
  /**
   * How long it may run in each period, in microseconds.
   *
   * @default {no limit}
   */
  readonly cpuQuota?: number | undefined;
  /**
   * In microseconds.
   *
   * @default {the kernel's}
   */
  readonly cpuPeriod?: number | undefined;
  /**
   * Its weight among others; they have 1024.
   *
   * @default {the runtime's}
   */
  readonly cpuShares?: number | undefined;
  /**
   * Which CPUs: `0-3,8`.
   *
   * @default {all}
   */
  readonly cpusetCpus?: string | undefined;
  /**
   * Which nodes of memory: `0,1`.
   *
   * @default {all}
   */
  readonly cpusetMems?: string | undefined;
  /**
   * How many processes and threads; 0 is no limit.
   *
   * @default {2048}
   */
  readonly pids?: number | undefined;
  /**
   * How much of huge pages of each size.
   *
   * @default {no limit}
   */
  readonly hugepages?: readonly HugepageLimit[] | undefined;
  /**
   * Files of the cgroup, version 2, and what is written to them.
   *
   * @default {none}
   */
  readonly unified?: Readonly<Record<string, string>> | undefined;
}

/** A limit of memory in huge pages. */
export interface HugepageLimit {
  /** As the cgroup names it: `2MB`, `1GB`. */
  readonly pageSize: string;
  /** In bytes. */
  readonly limit: bigint;
}

/** A limit of each process: setrlimit(2). */
export interface Ulimit {
  /** Such as `nofile`. */
  readonly type: string;
  /** All 64 bits set is none. */
  readonly soft: bigint;
  /** What it can be raised to. */
  readonly hard: bigint;
}

/** The limits that orlop itself has; undefined where they are not known. */
export type OwnLimits = (
  type: string,
) => Omit<Ulimit, "type"> | undefined;

/** podman's default. */
const DEFAULT_PIDS = 2048;
// podman's default for open files and processes, where the caller has more.
const DEFAULT_ULIMIT = 1_048_576n;
const DEFAULT_ULIMITS = ["nofile", "nproc"];

/** The limits of the cgroup: runtime-spec, config-linux.md. */
export function makeResources(
  limits: ResourceLimits,
): Readonly<Record<string, unknown>> {
  const { memory, memorySwap, pids = DEFAULT_PIDS } = limits;
  const swap = memorySwap === "unlimited"
    ? undefined
    : memorySwap ?? (memory === undefined ? undefined : 2 * memory);
  const parts = {
    memory: given({
      limit: memory,
      swap,
      reservation: limits.memoryReservation,
      swappiness: limits.memorySwappiness,
      disableOOMKiller: limits.oomKillDisabled || undefined,
    }),
    cpu: given({
      shares: limits.cpuShares,
      quota: limits.cpuQuota,
      period: limits.cpuPeriod,
      cpus: limits.cpusetCpus,
      mems: limits.cpusetMems,
    }),
    pids: { limit: pids },
    hugepageLimits: limits.hugepages ?? [],
    unified: limits.unified ?? {},
  };
  const entries = Object.entries(parts);
  return Object.fromEntries(
    entries.filter(([, part]) => Object.keys(part).length > 0),
  );
}

function given(
  members: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(members);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/**
 * The limits of the process: the given ones, the last of each type, and podman's
 * defaults, at most orlop's own.
 *
 * @param given `"own"` leaves all as orlop has them.
 */
export function makeRlimits(
  given: readonly Ulimit[] | "own",
  ownLimits: OwnLimits,
): readonly RuntimeRlimit[] {
  if (given === "own") return [];
  const defaults = DEFAULT_ULIMITS.flatMap((type): Ulimit[] => {
    const own = ownLimits(type);
    if (own === undefined) return [];
    const soft = min(own.soft, DEFAULT_ULIMIT);
    return [{ type, soft, hard: min(own.hard, DEFAULT_ULIMIT) }];
  });
  const byType = new Map(
    [...defaults, ...given].map((limit) => [limit.type, limit]),
  );
  return [...byType.values()].map(({ type, soft, hard }) => ({
    type: `RLIMIT_${type.toUpperCase()}`,
    hard,
    soft,
  }));
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
