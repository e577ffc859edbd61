/** Reads the resource usage of many containers, without asking runtimes. */

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

/** The usage of a control group at a time. */
export interface UsageSample {
  /** The path of the control group, such as `/orlop/ID`. */
  readonly path: string;
  /** Since 1970. */
  readonly takenAtNs: bigint;
  readonly usage: CgroupUsage;
  /** Recent CPU usage, in billionths of a core; undefined at the first sample. */
  readonly nanoCores: bigint | undefined;
}

/** A sample of a container. */
export interface ContainerSample extends UsageSample {
  /** Whether its network is not the host's. */
  readonly hasNetwork: boolean;
}

/** How to read. */
export interface UsageReaderOptions {
  /**
   * How long a sample is valid, in milliseconds.
   *
   * @default {2000}
   */
  readonly keepMs?: number | undefined;
}

// Rates over a shorter time are mostly noise.
const MIN_RATE_NS = 900_000_000n;
// Unused groups are dropped after this time.
const FORGET_NS = 600_000_000_000n;
const NS_PER_SECOND = 1_000_000_000n;
const NS_PER_MS = 1_000_000n;

/** Reads and caches samples; two make a rate. */
export class UsageReader {
  readonly #agent: Agent;
  readonly #samples: KeptValues<UsageSample>;
  readonly #places: KeptValues<ContainerPlace, ContainerId>;
  /** The earlier samples of rates. */
  readonly #before = new Map<string, UsageSample>();

  /** Makes an empty cache. */
  constructor(agent: Agent, { keepMs }: UsageReaderOptions = {}) {
    this.#agent = agent;
    this.#samples = new KeptValues({
      keepMs,
      read: (paths, options) => this.#read(paths, options),
    });
    this.#places = new KeptValues({
      keepMs: Infinity, // a container never moves
      read: (ids) => Promise.resolve(findPlaces(agent, ids)),
    });
  }

  /**
   * Reads the usage of containers; those without a process are not in the result.
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

  /** Reads the usage of the existing control groups, by their paths. */
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

/** Undefined for too short a time; 0 for a group that was created again. */
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
    return undefined; // damaged: its next start reports it
  }
}
