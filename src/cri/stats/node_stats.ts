/** Readers of statistics; each caches its values for some seconds. */

import type { Agent } from "../../engine/agent.ts";
import type { KeptValues } from "../../engine/stats/kept_values.ts";
import { LayerSizes } from "../../engine/stats/layer_sizes.ts";
import {
  type Interfaces,
  networkReader,
} from "../../engine/stats/network_reader.ts";
import { UsageReader } from "../../engine/stats/usage_reader.ts";

/** What answers about usage are read from. */
export interface StatsReaders {
  /** Of control groups. */
  readonly usage: Pick<UsageReader, "readContainers" | "readGroups">;
  /** Of networks, by the files that stand for their namespaces. */
  readonly networks: Pick<KeptValues<Interfaces>, "get">;
  /** Of what containers have written. */
  readonly layers: Pick<LayerSizes, "get">;
}

/** Readers of a node's statistics. */
export class NodeStats implements StatsReaders, AsyncDisposable {
  readonly usage: UsageReader;
  readonly networks: KeptValues<Interfaces>;
  readonly layers: LayerSizes;

  /** Makes readers with empty caches. */
  constructor(agent: Agent) {
    this.usage = new UsageReader(agent);
    this.networks = networkReader(agent);
    this.layers = new LayerSizes(agent);
  }

  /** Ends what is being read. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.layers[Symbol.asyncDispose]();
  }
}
