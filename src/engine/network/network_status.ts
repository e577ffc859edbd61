/** Whether pods can get a network now. */

import { NetworkError } from "../../errors/network_errors.ts";
import type { Abortable } from "../../errors/abort.ts";
import { makePluginInput } from "../../formats/cni/plugin_input.ts";
import {
  findNetworks,
  type FoundNetwork,
  type NetworkSettings,
} from "./find_networks.ts";
import { findPlugin, runPlugin } from "./run_plugin.ts";

/** The status of the networks. */
export interface NetworkStatus {
  /** Whether pods can join them. */
  readonly isReady: boolean;
  /** Why not, as a sentence; `""` if it is. */
  readonly message: string;
  /** The names of the networks that pods join. */
  readonly names: readonly string[];
}

/**
 * Whether networks are configured, and their plugins are installed and, with CNI
 * 1.1.0, ready.
 *
 * @param settings Their directories and selection.
 * @example
 * ```ts
 * import { networkStatus } from "orlop";
 * const configDirectory = await Deno.makeTempDir();
 * const { isReady, message } = await networkStatus({ configDirectory });
 * console.log(isReady, message); // false, Cannot find a network: …
 * ```
 */
export async function networkStatus(
  settings: NetworkSettings = {},
  options: Abortable = {},
): Promise<NetworkStatus> {
  try {
    const found = findNetworks(settings);
    for (const network of found) await ask(network, settings, options);
    const names = found.map(({ list }) => list.name);
    return { isReady: true, message: "", names };
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return { isReady: false, message: error.message, names: [] };
  }
}

async function ask(
  { list }: FoundNetwork,
  settings: NetworkSettings,
  options: Abortable,
): Promise<void> {
  for (const plugin of list.plugins) findPlugin(plugin.type, settings);
  if (list.cniVersion !== "1.1.0") return; // the first version with STATUS
  for (const plugin of list.plugins) {
    await runPlugin(
      {
        ...{ verb: "STATUS", type: plugin.type, network: list.name },
        input: makePluginInput(list, plugin, {}),
        env: {},
      },
      settings,
      options,
    );
  }
}
