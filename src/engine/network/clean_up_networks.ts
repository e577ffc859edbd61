/** Lets networks remove unused attachments: GC, since CNI 1.1.0. */

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

/** An attachment in use. */
export interface UsedAttachment extends ValidAttachment {
  /** The network's name. */
  readonly network: string;
}

/**
 * Lets the configured networks remove all attachments that are not in use.
 *
 * @param used All attachments in use: any other is removed.
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

/** A node may get its networks later: none is no error. */
function tryFind(settings: NetworkSettings): readonly FoundNetwork[] {
  try {
    return findNetworks(settings);
  } catch (error) {
    if (error instanceof NetworkError) return [];
    throw error;
  }
}
