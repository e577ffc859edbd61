/** Lets networks drop what nobody has any more: GC, of CNI 1.1.0. */

import type { Abortable } from "../../errors/abort.ts";
import { NetworkError } from "../../errors/network_errors.ts";
import {
  makePluginInput,
  type ValidAttachment,
} from "../../formats/cni/plugin_input.ts";
import {
  findNetworks,
  type FoundNetwork,
  type NetworkSettings,
} from "./find_networks.ts";
import { runPlugin } from "./run_plugin.ts";

/** What somebody has in a network. */
export interface UsedAttachment extends ValidAttachment {
  /** The network's name. */
  readonly network: string;
}

/**
 * Lets the networks of the settings drop all that is not in use.
 *
 * @param used What is in use: all of it, or others lose what they have.
 */
export async function cleanUpNetworks(
  used: readonly UsedAttachment[],
  settings: NetworkSettings,
  { signal, onProblem }: Abortable & {
    readonly onProblem: (message: string) => void;
  },
): Promise<void> {
  for (const { list } of tryFind(settings)) {
    if (list.disableGc || list.cniVersion !== "1.1.0") continue;
    const validAttachments = used
      .filter(({ network }) => network === list.name)
      .map(({ containerID, ifname }) => ({ containerID, ifname }));
    for (const plugin of list.plugins) {
      try {
        await runPlugin(
          {
            ...{ verb: "GC", type: plugin.type, network: list.name, env: {} },
            input: makePluginInput(list, plugin, { validAttachments }),
          },
          settings,
          { signal },
        );
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        onProblem(error.message);
      }
    }
  }
}

/** A node may get its networks later. */
function tryFind(settings: NetworkSettings): readonly FoundNetwork[] {
  try {
    return findNetworks(settings);
  } catch (error) {
    if (error instanceof NetworkError) return [];
    throw error;
  }
}
