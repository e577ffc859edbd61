/** What flags say about limits, in the terms of the runtime. */

import { parseByteSize } from "../../../formats/config/byte_size.ts";
import type { ResourceLimits, Ulimit } from "../../../image/limits.ts";
import type { FlagValues } from "../../command.ts";
import type { LIMIT_FLAGS } from "../../table/limit_flags.ts";
import { UsageError } from "../../usage_error.ts";
import { badFlag } from "./flag_value.ts";

/** The values of the flags. */
export type LimitFlags = FlagValues<typeof LIMIT_FLAGS>;

// The default period of a CPU quota, in microseconds.
const CPU_PERIOD = 100_000;
// The kernel's bounds, in microseconds.
const [MIN_CPU_TIME, MAX_CPU_PERIOD] = [1000, 1_000_000];
// What getrlimit(2) calls infinity.
const UNLIMITED = 2n ** 64n - 1n;
const ULIMIT_TYPES = [
  ...["core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice"],
  ...["nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack"],
];

/**
 * Reads the limits of the cgroup.
 *
 * @throws {UsageError} If one is malformed, or two contradict each other.
 */
export function readLimits(flags: LimitFlags): ResourceLimits {
  const limits = {
    ...readMemory(flags),
    ...readCpus(flags),
    pids: readCount("pids-limit", flags["pids-limit"], { unlimited: 0 }),
  };
  checkMemory(limits);
  return limits;
}

/** Reads the OOM score adjustment. */
export function readOomScore(flags: LimitFlags): number | undefined {
  const text = flags["oom-score-adj"];
  if (text === undefined) return undefined;
  const score = /^[+-]?\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (Math.abs(score) <= 1000) return score;
  throw badFlag("oom-score-adj", text, "write a number from -1000 to 1000");
}

/**
 * Reads limits of processes.
 *
 * @throws {UsageError} If one is malformed.
 */
export function readUlimits(
  { ulimit }: Pick<LimitFlags, "ulimit">,
): readonly Ulimit[] | "own" {
  if (!ulimit.includes("host")) return ulimit.map(readUlimit);
  if (ulimit.length === 1) return "own";
  throw badFlag("ulimit", "host", "it cannot be combined with others");
}

function readMemory(flags: LimitFlags): ResourceLimits {
  const swap = flags["memory-swap"];
  const swappiness = readCount(
    "memory-swappiness",
    flags["memory-swappiness"],
    { most: 100 },
  );
  return {
    memory: readSize("memory", flags.memory) || undefined,
    memorySwap: swap === "-1"
      ? "unlimited"
      : readSize("memory-swap", swap) || undefined,
    memoryReservation:
      readSize("memory-reservation", flags["memory-reservation"]) || undefined,
    memorySwappiness: swappiness,
    oomKillDisabled: flags["oom-kill-disable"],
  };
}

function checkMemory(limits: ResourceLimits): void {
  const { memory, memorySwap, memoryReservation = 0 } = limits;
  if (memory === undefined) {
    if (memorySwap === undefined || memorySwap === "unlimited") return;
    throw new UsageError(
      `Cannot limit memory and swap together: --memory has to be given, too`,
    );
  }
  if (typeof memorySwap === "number" && memorySwap < memory) {
    throw new UsageError(
      `Cannot limit memory to ${memory} bytes: --memory-swap counts it, too, ` +
        `and is only ${memorySwap}`,
    );
  }
  if (memoryReservation > memory) {
    throw new UsageError(
      `Cannot reserve ${memoryReservation} bytes of memory: --memory is only ` +
        `${memory}`,
    );
  }
}

function readCpus(flags: LimitFlags): ResourceLimits {
  const { cpus } = flags;
  const quota = readCount("cpu-quota", flags["cpu-quota"], { unlimited: 0 });
  const period = readCount("cpu-period", flags["cpu-period"]);
  if (cpus !== undefined && (quota !== undefined || period !== undefined)) {
    throw badFlag("cpus", cpus, "it is --cpu-quota and --cpu-period already");
  }
  if (period && (period < MIN_CPU_TIME || period > MAX_CPU_PERIOD)) {
    throw badFlag("cpu-period", `${period}`, "write 1000 to 1000000");
  }
  if (quota && quota < MIN_CPU_TIME) {
    throw badFlag("cpu-quota", `${quota}`, "it is less than 1000");
  }
  return {
    ...(cpus === undefined
      ? { cpuQuota: quota || undefined, cpuPeriod: period || undefined }
      : cpuQuota(cpus)),
    cpuShares: readCount("cpu-shares", flags["cpu-shares"]) || undefined,
    cpusetCpus: readList("cpuset-cpus", flags["cpuset-cpus"]),
    cpusetMems: readList("cpuset-mems", flags["cpuset-mems"]),
  };
}

/** A number of CPUs, as a share of each period; 0 is no limit. */
function cpuQuota(text: string): ResourceLimits {
  const isNumber = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  const quota = Math.floor(Number(text) * CPU_PERIOD);
  if (!isNumber || !Number.isSafeInteger(quota)) {
    throw badFlag("cpus", text, "write a number, such as 1.5");
  }
  if (Number(text) === 0) return {};
  if (quota >= MIN_CPU_TIME) return { cpuQuota: quota, cpuPeriod: CPU_PERIOD };
  throw badFlag("cpus", text, "the kernel takes 0.01 at least");
}

/** Reads bytes; an empty text is none, as in podman. */
export function readSize(
  name: string,
  text: string | undefined,
): number | undefined {
  if (text === undefined || text === "") return undefined;
  const bytes = parseByteSize(text);
  if (bytes !== undefined) return bytes;
  throw badFlag(name, text, "write a size, such as 512m or 1.5g");
}

function readCount(
  name: string,
  text: string | undefined,
  { unlimited, most = Number.MAX_SAFE_INTEGER }: {
    /** What -1 stands for; it is refused if omitted. */
    readonly unlimited?: number;
    readonly most?: number;
  } = {},
): number | undefined {
  if (text === undefined) return undefined;
  if (text === "-1" && unlimited !== undefined) return unlimited;
  const count = /^\d+$/.test(text) ? Number(text) : NaN;
  if (count <= most) return count;
  const range = most < Number.MAX_SAFE_INTEGER ? ` from 0 to ${most}` : "";
  const none = unlimited === undefined ? "" : "; -1 is no limit";
  throw badFlag(name, text, `write a whole number${range}${none}`);
}

/** Such as `0-3,8`; an empty text is none, as in podman. */
function readList(name: string, text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,5}(-\d{1,5})?(,\d{1,5}(-\d{1,5})?)*$/.test(text)) return text;
  throw badFlag(name, text, "write a list of numbers, such as 0-3,8");
}

function readUlimit(text: string): Ulimit {
  const [type = "", values, ...more] = text.split("=");
  if (values === undefined || more.length > 0) {
    throw badFlag("ulimit", text, "write TYPE=SOFT or TYPE=SOFT:HARD");
  }
  if (!ULIMIT_TYPES.includes(type)) {
    throw badFlag("ulimit", text, `use one of ${ULIMIT_TYPES.join(", ")}`);
  }
  const [first = "", second = first, ...rest] = values.split(":");
  const [soft, hard] = [readLimit(first), readLimit(second)];
  if (soft === undefined || hard === undefined || rest.length > 0) {
    throw badFlag("ulimit", text, "write whole numbers; -1 is no limit");
  }
  if (soft <= hard) return { type, soft, hard };
  throw badFlag("ulimit", text, "the soft limit is above the hard one");
}

function readLimit(text: string): bigint | undefined {
  if (text === "-1") return UNLIMITED;
  // What Go's int64 takes, too.
  if (!/^\d{1,19}$/.test(text)) return undefined;
  const limit = BigInt(text);
  return limit < 2n ** 63n ? limit : undefined;
}
