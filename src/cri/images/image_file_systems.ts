/** Data for ImageFsInfo, which kubelets call every few seconds. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Agent } from "../../engine/agent.ts";
import {
  type FileSystemUsage,
  measureFileSystems,
} from "../../engine/cleanup/measure_file_systems.ts";
import { type Abortable, unlessAborted } from "../../errors/abort.ts";
import type { ImageFsInfoResponseSchema } from "../api/api_pb.js";
import type { EmptyingTrash } from "./emptying_trash.ts";
import { toNanoseconds } from "../runtime/state/nanoseconds.ts";
import { fileSystemMessage } from "../stats/usage_messages.ts";

// A kubelet checks its disks every 10 s; crictl calls it before each command.
const FRESH_MS = 5000;
// How long the last result is used while the next one is measured.
const STALE_MS = 60_000;

/** A measurement, and when it was made. */
interface Measurement {
  readonly atMs: number;
  readonly usage: FileSystemUsage;
}

/** Measures, but not at each call. */
export class ImageFileSystems {
  readonly #agent: Agent;
  readonly #trash: EmptyingTrash | undefined;
  #last: Measurement | undefined;
  #current: Promise<Measurement> | undefined;

  /**
   * Makes one for a store.
   *
   * @param trash Removed files that still take space; none is the default.
   */
  constructor(agent: Agent, trash?: EmptyingTrash) {
    this.#agent = agent;
    this.#trash = trash;
  }

  /** Invalidates the cache after a change. */
  forget(): void {
    this.#last = undefined;
    this.#current = undefined;
  }

  /** Returns the usage of images and containers, at most one minute old. */
  async measure(
    options: Abortable,
  ): Promise<MessageInitShape<typeof ImageFsInfoResponseSchema>> {
    const { atMs, usage } = await this.#recent(options);
    const { path, images, containers } = usage;
    const place = { mountpoint: path, timestamp: toNanoseconds(atMs) };
    return {
      imageFilesystems: [fileSystemMessage(images, place)],
      containerFilesystems: [fileSystemMessage(containers, place)],
    };
  }

  /** The same, in the engine's form. */
  async read(options: Abortable): Promise<FileSystemUsage> {
    return (await this.#recent(options)).usage;
  }

  async #recent(options: Abortable): Promise<Measurement> {
    const last = this.#last;
    const ageMs = Date.now() - (last?.atMs ?? 0);
    if (last !== undefined && ageMs < FRESH_MS) return last;
    // Concurrent calls share one measurement.
    const current = this.#current ?? this.#begin();
    if (last !== undefined && ageMs < STALE_MS) return last;
    return await unlessAborted(() => current, options);
  }

  #begin(): Promise<Measurement> {
    const current = this.#measure();
    this.#current = current;
    this.#note(current);
    return current;
  }

  async #measure(): Promise<Measurement> {
    await this.#trash?.settle();
    const atMs = Date.now();
    return { atMs, usage: await measureFileSystems(this.#agent) };
  }

  async #note(current: Promise<Measurement>): Promise<void> {
    let last: Measurement | undefined;
    try {
      last = await current;
    } catch {
      // The waiting calls get the error; the next one tries again.
    }
    // It was invalidated meanwhile.
    if (this.#current !== current) return;
    this.#current = undefined;
    this.#last = last;
  }
}
