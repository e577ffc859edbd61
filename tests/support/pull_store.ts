/** A store that tests pull to, in their own process, and what pulls leave. */

import { existsSync, readdirSync } from "node:fs";
import { join } from "@std/path";
import { describeError } from "../../src/cli/describe_error.ts";
import { exitCodeOf } from "../../src/cli/exit_code.ts";
import {
  parseImageRecords,
  parseLayerRecords,
} from "../../src/formats/store_record.ts";
import type { PullEvent } from "../../src/runtime/pull_event.ts";
import { pullImage, type PullOptions } from "../../src/runtime/pull_image.ts";
import type { StoredImage } from "../../src/runtime/store_image.ts";
import { checkStore } from "./check_store.ts";
import { storeAgent } from "./store_agent.ts";

/** A pull that failed, as its user sees it. */
export interface FailedPull {
  readonly code: number;
  readonly message: string;
}

/** A store to pull to. */
export interface PullStore extends Disposable {
  readonly root: string;
  /** What the pulls told, all of them. */
  readonly events: readonly PullEvent[];
  pull(name: string, options?: PullOptions): Promise<StoredImage>;
  /** Pulls what must fail. */
  fail(name: string, options?: PullOptions): Promise<FailedPull>;
  /** Images, layers and partial blobs, by `image`, `layer` and `partial`. */
  contents(): readonly string[];
  /** The paths of partial blobs. */
  partials(): readonly string[];
  /** What is wrong in the store. */
  check(): readonly string[];
}

/** Makes an empty store: `using store = pullStore();`. */
export function pullStore(): PullStore {
  const { agent, dir } = storeAgent();
  const root = dir.join("root");
  const events: PullEvent[] = [];
  const pull = (name: string, options: PullOptions = {}) =>
    pullImage(agent, name, {
      onEvent: (event) => void events.push(event),
      ...options,
    });
  return {
    root,
    events,
    pull,
    async fail(name, options) {
      try {
        await pull(name, options);
      } catch (error) {
        return { code: exitCodeOf(error), message: describeError(error) };
      }
      throw new Error(`pull of ${name} did not fail`);
    },
    contents: () => listContents(root),
    partials: () => listPartials(root),
    check: () => checkStore({ root, runRoot: dir.join("run") }),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

/** Lists what pulls have put below a root. */
export function listContents(root: string): readonly string[] {
  const load = <R>(path: string, parse: (text: string) => R[]): R[] =>
    existsSync(path) ? parse(Deno.readTextFileSync(path)) : [];
  const images = join(root, "overlay-images", "images.json");
  const layers = join(root, "overlay-layers", "layers.json");
  return [
    ...load(images, parseImageRecords).map(({ id }) => `image ${id}`),
    ...load(layers, parseLayerRecords).map(({ id }) => `layer ${id}`),
    ...listPartials(root).map(() => "partial"),
  ];
}

/** Lists the files with what was received of blobs. */
export function listPartials(root: string): readonly string[] {
  const downloads = join(root, "orlop", "downloads");
  if (!existsSync(downloads)) return [];
  return readdirSync(downloads).map((name) => join(downloads, name));
}
