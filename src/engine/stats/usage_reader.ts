/** Reads what containers use, for as many as there are, without asking runtimes. */

import type { Abortable } from "../../errors/abort.ts";
import type { CgroupUsage } from "../../formats/kernel/cgroup_usage.ts";
import {
  cgroupFiles,
  readCgroupUsage,
} from "../../formats/kernel/read_cgroup.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { readKernelFiles } from "../../process/kernel_files.ts";
import type { Agent } from "../agent.ts";
import { readTemplate } from "../parse_stored.ts";
import { cgroupPathOf, findCgroupMounts } from "./cgroup_mounts.ts";
import { KeptValues } from "./kept_values.ts";

/** What a control group has used by some moment. */
export interface UsageSample {
  /** The path of the control group, such as `/orlop/ID`. */
  readonly path: string;
  /** Since 1970. */
  readonly takenAtNs: bigint;
  readonly usage: CgroupUsage;
  /**
   * Time on processors in each second of late, in billionths of one processor's;
   * undefined at the first sight.
   */
  readonly nanoCores: bigint | undefined;
}

/** A container's. */
export interface ContainerSample extends UsageSample {
  /** Whether its network is not the host's. */
  readonly hasNetwork: boolean;
}

/** How to read. */
export interface UsageReaderOptions {
  /**
   * For how long a sample is as good as new, in milliseconds.
   *
   * @default {2000}
   */
  readonly keepMs?: number | undefined;
}

// A rate of less time is mostly chance.
const MIN_RATE_NS = 900_000_000n;
// Groups that nobody asks for any more are forgotten by then.
const FORGET_NS = 600_000_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;

/** Reads and keeps samples, of which two make a rate. */
export class UsageReader {
  readonly #agent: Agent;
  readonly #samples: KeptValues<UsageSample>;
  readonly #places: KeptValues<ContainerPlace, ContainerId>;
  /** What rates begin at. */
  readonly #before = new Map<string, UsageSample>();

  /** Knows nothing as yet. */
  constructor(agent: Agent, { keepMs }: UsageReaderOptions = {}) {
    this.#agent = agent;
    this.#samples = new KeptValues({
      keepMs,
      read: (paths, options) => this.#read(paths, options),
    });
    this.#places = new KeptValues({
      keepMs: Infinity, // a container stays where it was made
      read: (ids) => Promise.resolve(findPlaces(agent, ids)),
    });
  }

  /**
   * Reads what containers use; those without a process are not in the answer.
   *
   * @throws {CommandError} If the kernel's files cannot be read.
   */
  async readContainers(
    ids: readonly ContainerId[],
    options: Abortable = {},
  ): Promise<ReadonlyMap<ContainerId, ContainerSample>> {
    const places = await this.#places.get(ids, options);
    const paths = [...places.values()].map(({ path }) => path);
    const samples = await this.readGroups(paths, options);
    return new Map(ids.flatMap((id) => {
      const { path = "", hasNetwork = false } = places.get(id) ?? {};
      const sample = samples.get(path);
      return sample === undefined ? [] : [[id, { ...sample, hasNetwork }]];
    }));
  }

  /** Reads what control groups use, by their paths: those that are there. */
  async readGroups(
    paths: readonly string[],
    options: Abortable = {},
  ): Promise<ReadonlyMap<string, UsageSample>> {
    return await this.#samples.get(paths, options);
  }

  async #read(
    paths: readonly string[],
    options: Abortable,
  ): Promise<ReadonlyMap<string, UsageSample>> {
    const mounts = await findCgroupMounts(this.#agent, options);
    const texts = await readKernelFiles(
      paths.flatMap((path) => cgroupFiles(mounts, path)),
      { ...options, libc: this.#agent.store.libc },
    );
    const takenAtNs = BigInt(Date.now()) * NS_PER_MS;
    this.#forget(takenAtNs - FORGET_NS);
    const samples = new Map<string, UsageSample>();
    for (const path of paths) {
      const usage = readCgroupUsage(mounts, path, texts);
      if (usage === undefined) this.#before.delete(path);
      else samples.set(path, this.#withRate({ path, takenAtNs, usage }));
    }
    return samples;
  }

  #forget(oldestNs: bigint): void {
    for (const [path, { takenAtNs }] of this.#before) {
      if (takenAtNs < oldestNs) this.#before.delete(path);
    }
  }

  #withRate(sample: Omit<UsageSample, "nanoCores">): UsageSample {
    const before = this.#before.get(sample.path);
    const rate = before && rateBetween(before, sample);
    const found = { ...sample, nanoCores: rate ?? before?.nanoCores };
    if (before === undefined || rate !== undefined) {
      this.#before.set(sample.path, found);
    }
    return found;
  }
}

/** Undefined for too short a time; 0 for a group that was made again. */
function rateBetween(
  before: UsageSample,
  { takenAtNs, usage }: Omit<UsageSample, "nanoCores">,
): bigint | undefined {
  const time = takenAtNs - before.takenAtNs;
  const start = before.usage.cpu.usageNs;
  const end = usage.cpu.usageNs;
  if (time < MIN_RATE_NS || start === undefined || end === undefined) {
    return undefined;
  }
  return end < start ? 0n : (end - start) * NS_PER_SECOND / time;
}

interface ContainerPlace {
  readonly path: string;
  readonly hasNetwork: boolean;
}

function findPlaces(
  agent: Agent,
  ids: readonly ContainerId[],
): ReadonlyMap<ContainerId, ContainerPlace> {
  return new Map(ids.flatMap((id) => {
    const place = findPlace(agent, id);
    return place === undefined ? [] : [[id, place]];
  }));
}

function findPlace(agent: Agent, id: ContainerId): ContainerPlace | undefined {
  try {
    const { cgroupsPath, namespaces = [] } = readTemplate(agent, id)?.linux ??
      {};
    return cgroupsPath === undefined ? undefined : {
      path: cgroupPathOf(cgroupsPath),
      hasNetwork: namespaces.some(({ type }) => type === "network"),
    };
  } catch {
    return undefined; // damaged: whoever starts it is told
  }
}
