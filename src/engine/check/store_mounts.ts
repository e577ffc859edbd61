/** Compares the mounts in a store with its counts. */

import { basename, dirname } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import type { Agent } from "../agent.ts";

/** The mounts, and those without a count. */
export interface StoreMounts {
  /** How many layers are mounted. */
  readonly mounted: number;
  /** How many are counted but not mounted, such as after a reboot. */
  readonly stale: number;
  /** Mounts that no count, or no record, is about. */
  readonly uncounted: readonly UncountedMount[];
}

/** A mount without a count. */
export interface UncountedMount {
  /** The mount point. */
  readonly target: string;
  /** Whether its layer has a record. */
  readonly isOfLayer: boolean;
}

/** Compares the kernel's table with the counts; while the layers are held. */
export async function lookAtStoreMounts(
  { store, mounter }: Agent,
  { isLayer, signal }: Abortable & {
    readonly isLayer: (id: string) => boolean;
  },
): Promise<StoreMounts> {
  const mounted = (await mounter.list(store.paths.home, { signal }))
    .filter(({ target }) => basename(target) === "merged");
  using counted = await store.lockMounts({ signal });
  const counts = new Map<string, number>(
    counted.records.map(({ id, count }) => [id, count]),
  );
  const targets = new Set(mounted.map(({ target }) => target));
  return {
    mounted: mounted.length,
    stale:
      counted.records.filter(({ path, count }) =>
        count > 0 && path !== "" && !targets.has(path)
      ).length,
    uncounted: mounted.flatMap(({ target }) => {
      const id = basename(dirname(target));
      const isCounted = isLayer(id) && (counts.get(id) ?? 0) > 0;
      return isCounted ? [] : [{ target, isOfLayer: isLayer(id) }];
    }),
  };
}
