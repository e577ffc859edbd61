/** What ImageFsInfo tells: kubelets ask every few seconds. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Agent } from "../../engine/agent.ts";
import {
  type FileSystemUsage,
  measureFileSystems,
} from "../../engine/cleanup/measure_file_systems.ts";
import { type Abortable, unlessAborted } from "../../errors/abort.ts";
import type { TreeSize } from "../../fs/measure_tree.ts";
import type {
  FilesystemUsageSchema,
  ImageFsInfoResponseSchema,
} from "../api/api_pb.js";

// A kubelet looks at its disks every 10 s, and asks in other calls, too.
const FRESH_MS = 5000;
const NANOSECONDS = 1_000_000n;

/** A measurement, and when it was made. */
interface Measurement {
  readonly atMs: number;
  readonly usage: FileSystemUsage;
}

/** Measures, but not at each call. */
export class ImageFileSystems {
  readonly #agent: Agent;
  #last: Measurement | undefined;
  #current: Promise<Measurement> | undefined;

  /** Makes one for a store. */
  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** Tells what images and containers take, as it was some seconds ago at most. */
  async measure(
    options: Abortable,
  ): Promise<MessageInitShape<typeof ImageFsInfoResponseSchema>> {
    const { atMs, usage } = await this.#recent(options);
    const { path, images, containers } = usage;
    const toUsage = (size: TreeSize) => describe(size, { path, atMs });
    return {
      imageFilesystems: [toUsage(images)],
      containerFilesystems: [toUsage(containers)],
    };
  }

  async #recent(options: Abortable): Promise<Measurement> {
    const last = this.#last;
    if (last !== undefined && Date.now() - last.atMs < FRESH_MS) return last;
    // Whoever asks while it is under way waits for the same one.
    const current = this.#current ??= this.#begin();
    return await unlessAborted(() => current, options);
  }

  async #begin(): Promise<Measurement> {
    try {
      const usage = await measureFileSystems(this.#agent);
      return this.#last = { atMs: Date.now(), usage };
    } finally {
      this.#current = undefined;
    }
  }
}

function describe(
  { bytes, inodes }: TreeSize,
  { path, atMs }: { readonly path: string; readonly atMs: number },
): MessageInitShape<typeof FilesystemUsageSchema> {
  return {
    timestamp: BigInt(atMs) * NANOSECONDS,
    fsId: { mountpoint: path },
    usedBytes: { value: BigInt(bytes) },
    inodesUsed: { value: BigInt(inodes) },
  };
}
