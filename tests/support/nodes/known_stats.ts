/** Readers of statistics that know what a test says, and note what is asked. */

import type { StatsReaders } from "../../../src/cri/stats/node_stats.ts";
import type { LayerSize } from "../../../src/engine/stats/layer_sizes.ts";
import type { Interfaces } from "../../../src/engine/stats/network_reader.ts";
import type {
  ContainerSample,
  UsageSample,
} from "../../../src/engine/stats/usage_reader.ts";

/** What they know, by ID, path, file and layer. */
export interface KnownStats {
  readonly containers?: Readonly<Record<string, ContainerSample>>;
  readonly groups?: Readonly<Record<string, UsageSample>>;
  readonly networks?: Readonly<Record<string, Interfaces>>;
  readonly layers?: Readonly<Record<string, LayerSize>>;
}

/** Makes readers; `asked` are their calls. */
export function knownStats(
  { containers = {}, groups = {}, networks = {}, layers = {} }: KnownStats,
): StatsReaders & { readonly asked: readonly (readonly string[])[] } {
  const asked: (readonly string[])[] = [];
  const look = <K extends string, V>(
    what: string,
    names: readonly K[],
    known: Readonly<Record<string, V>>,
  ): Promise<ReadonlyMap<K, V>> => {
    asked.push([what, ...names]);
    return Promise.resolve(
      new Map(names.flatMap((name) => {
        const value = known[name];
        return value === undefined ? [] : [[name, value]];
      })),
    );
  };
  return {
    asked,
    usage: {
      readContainers: (ids) => look("containers", ids, containers),
      readGroups: (paths) => look("groups", paths, groups),
    },
    networks: { get: (names) => look("networks", names, networks) },
    layers: { get: (ids) => look("layers", ids, layers) },
  };
}
