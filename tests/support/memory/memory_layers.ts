/** Layers that exist in memory only: the twin of `openDiskLayers()`. */

import { DamagedFileError } from "../../../src/errors/store_errors.ts";
import type {
  LayerFault,
  LayerStore,
} from "../../../src/store/layers/layer_store.ts";
import type { Leases } from "../../../src/store/layers/leases.ts";

/** Makes a place for layers that holds none. */
export function memoryLayers(): LayerStore {
  const trees = new Map<string, "with archive" | "without archive">();
  return {
    makeTrees(layers, files) {
      for (const { id, parent, contents } of layers) {
        if (parent !== undefined && !trees.has(parent)) {
          const why = `Cannot stack a layer on "${parent}": it is not whole`;
          throw new DamagedFileError(why, { path: pathOf(parent) });
        }
        trees.delete(id);
        files.afterwards(() =>
          trees.set(id, contents ? "with archive" : "without archive")
        );
      }
    },
    // deno-lint-ignore require-await -- whoever asks waits
    async findFaults(_records, layer) {
      const found = "it is missing";
      const path = pathOf(layer.id);
      const tree = trees.get(layer.id);
      const faults: LayerFault[] = [];
      if (tree === undefined) faults.push({ kind: "tree", path, found });
      const wantsArchive = layer["diff-digest"] !== undefined;
      if (tree === "without archive" && wantsArchive) {
        faults.push({ kind: "archive", path, found });
      }
      return faults;
    },
    removeTree: (id) => void trees.delete(id),
    syncRemovals() {},
  };
}

function pathOf(id: string): string {
  return `/nonexistent/${id}`;
}

/** Makes leases that only this process knows. */
export function memoryLeases(): Leases {
  const leases = new Set<readonly string[]>();
  return {
    lease(layerIds) {
      const lease = [...layerIds];
      leases.add(lease);
      return { [Symbol.dispose]: () => void leases.delete(lease) };
    },
    list: () => new Set([...leases].flat()),
  };
}
