/**
 * Measures writable layers from time to time: each takes a walk over all folders.
 */

import { join } from "@std/path";
import { isInTime } from "../../errors/abort.ts";
import type { LayerId } from "../../formats/storage/store_ids.ts";
import { measureTree, type TreeSize } from "../../fs/measure_tree.ts";
import { layerDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import { Semaphore } from "../semaphore.ts";

/** The size of a layer. */
export interface LayerSize extends TreeSize {
  /** When it was measured, since 1970. */
  readonly takenAtNs: bigint;
}

interface Measured {
  readonly size: LayerSize;
  readonly endedAtMs: number;
  readonly tookMs: number;
  askedAtMs: number;
}

// A measurement is valid for this time, or for this multiple of its duration.
const KEEP_MS = 10_000;
const KEEP_TIMES = 50;
// How long the first caller waits.
const WAIT_MS = 1000;
// Unused layers are dropped after this time.
const FORGET_MS = 600_000;
const NS_PER_MS = 1_000_000n;

/** Recent sizes of layers. One layer is measured at a time. */
export class LayerSizes implements AsyncDisposable {
  readonly #agent: Agent;
  readonly #known = new Map<LayerId, Measured>();
  readonly #running = new Map<LayerId, Promise<void>>();
  readonly #turn = new Semaphore(1);
  readonly #ending = new AbortController();

  /** Makes an empty cache. */
  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** Returns the sizes that are known within a second. */
  async get(
    layers: readonly LayerId[],
  ): Promise<ReadonlyMap<LayerId, LayerSize>> {
    this.#forget();
    const unknown: Promise<void>[] = [];
    for (const layer of layers) {
      const known = this.#known.get(layer);
      if (known !== undefined) known.askedAtMs = performance.now();
      if (known !== undefined && isFresh(known)) continue;
      const running = this.#measure(layer);
      if (known === undefined) unknown.push(running);
    }
    if (unknown.length > 0) await isInTime(Promise.all(unknown), WAIT_MS);
    return new Map(layers.flatMap((layer) => {
      const size = this.#known.get(layer)?.size;
      return size === undefined ? [] : [[layer, size] as const];
    }));
  }

  /** Stops the current measurement. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#running.values());
  }

  #measure(layer: LayerId): Promise<void> {
    const running = this.#running.get(layer) ??
      this.#measureNow(layer).finally(() => this.#running.delete(layer));
    this.#running.set(layer, running);
    return running;
  }

  async #measureNow(layer: LayerId): Promise<void> {
    const { signal } = this.#ending;
    try {
      using _turn = await this.#turn.take(signal);
      const path = join(layerDirectory(this.#agent.store.paths, layer), "diff");
      const takenAtNs = BigInt(Date.now()) * NS_PER_MS;
      const start = performance.now();
      const usage = await measureTree(path, { signal });
      const endedAtMs = performance.now();
      this.#known.set(layer, {
        size: { ...usage, takenAtNs },
        endedAtMs,
        tookMs: endedAtMs - start,
        askedAtMs: endedAtMs,
      });
    } catch (error) {
      if (!signal.aborted) {
        this.#agent.log("debug", `Cannot measure layer "${layer}": ${error}`);
      }
    }
  }

  #forget(): void {
    const oldest = performance.now() - FORGET_MS;
    for (const [layer, { askedAtMs }] of this.#known) {
      if (askedAtMs < oldest) this.#known.delete(layer);
    }
  }
}

function isFresh({ endedAtMs, tookMs }: Measured): boolean {
  const keepMs = Math.max(KEEP_MS, KEEP_TIMES * tookMs);
  return performance.now() - endedAtMs < keepMs;
}
