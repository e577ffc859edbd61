/** What the suites of a store share. */

import {
  type ImageId,
  type LayerId,
  parseImageId,
  parseLayerId,
} from "../../src/formats/storage/store_ids.ts";
import type {
  ImageRecord,
  LayerRecord,
} from "../../src/formats/storage/store_record.ts";
import { createLayer } from "../../src/store/layers/create_layer.ts";
import type { Store } from "../../src/store/store.ts";

/** A store of a test's own, which vanishes with it. */
export interface TestStore extends Disposable {
  readonly store: Store;
}

/** Opens a store that holds nothing. */
export type OpenTestStore = () => TestStore;

/** Tries one promise: a step, on a store of its own. */
export type TestPromise = (
  promise: string,
  body: (store: Store) => Promise<void>,
) => Promise<void>;

/** Tries all promises in a test. */
export type StoreSuite = (
  t: Deno.TestContext,
  open: OpenTestStore,
) => Promise<void>;

/** Makes a suite; the body tries its promises, one after the other. */
export function storeSuite(
  body: (step: TestPromise) => Promise<void>,
): StoreSuite {
  return (t, open) =>
    body(async (promise, tryIt) => {
      await t.step(promise, async () => {
        using test = open();
        await tryIt(test.store);
      });
    });
}

/** A step that fails, in whatever place it is put. */
export class BrokenStepError extends Error {
  static {
    this.prototype.name = "BrokenStepError";
  }
}

/** Fails, after it has done what it was to do. */
export function thenFail(action: () => void): never {
  action();
  throw new BrokenStepError("Cannot go on");
}

/** The ID of a layer, by its beginning. */
export function layerId(start: string): LayerId {
  return parseLayerId(start.padEnd(64, "0"));
}

/** The ID of an image, by its beginning. */
export function imageId(start: string): ImageId {
  return parseImageId(start.padEnd(64, "0"));
}

/** The record of an image, by the beginning of its ID. */
export function imageRecord(
  start: string,
  ...names: readonly string[]
): ImageRecord {
  const created = "2026-01-02T03:04:05Z";
  return { id: imageId(start), created, ...names.length > 0 && { names } };
}

/** Creates layers, each on the one before. */
export async function stackLayers(
  store: Store,
  ...starts: readonly string[]
): Promise<void> {
  using held = await store.lock({ layers: "write" });
  for (const [index, start] of starts.entries()) {
    const below = starts[index - 1];
    await createLayer(store, held.layers, {
      id: layerId(start),
      parent: below === undefined ? undefined : layerId(below),
    });
  }
}

/** What is wrong with layers, by kind; of one without a record, by its ID. */
export async function faultsOf(
  store: Store,
  start: string,
  members: Pick<LayerRecord, "diff-digest"> = {},
): Promise<readonly string[]> {
  using held = await store.lock({ layers: "read" });
  const id = layerId(start);
  const created = "2026-01-02T03:04:05Z";
  const record = held.layers.get(id) ?? { id, created };
  const faults = await store.layers.findFaults(held.layers, {
    ...record,
    ...members,
  });
  return faults.map(({ kind }) => kind);
}
