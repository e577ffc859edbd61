/** Adds pods to networks, and removes them, by all plugins of a list in order. */

import type { Abortable } from "../../errors/abort.ts";
import { NetworkError } from "../../errors/network_errors.ts";
import type {
  NetworkList,
  NetworkPlugin,
} from "../../formats/cni/network_list.ts";
import {
  type NetworkResult,
  parseNetworkResult,
} from "../../formats/cni/network_result.ts";
import {
  makePluginInput,
  type NetworkCapabilities,
} from "../../formats/cni/plugin_input.ts";
import type { JsonObject } from "../../formats/json.ts";
import type { NetworkSettings } from "./find_networks.ts";
import { type PluginVerb, runPlugin } from "./run_plugin.ts";

/** The attachment of a pod to a network: the input of all plugins. */
export interface Attachment {
  readonly list: NetworkList;
  /** The ID of the pod. */
  readonly id: string;
  /** Such as `eth0`. */
  readonly interfaceName: string;
  /** The pod's network namespace; undefined if it is gone. */
  readonly namespace: string | undefined;
  /** Further arguments, such as the pod's name in `K8S_POD_NAME`. */
  readonly args: Readonly<Record<string, string>>;
  readonly capabilities: NetworkCapabilities;
  /** A file that is locked while plugins run; none if omitted. */
  readonly lock?: string | undefined;
}

/**
 * Adds a pod to a network: ADD. A running plugin is not aborted: many plugins do
 * not remove partial results in DEL.
 *
 * @throws {NetworkError} If a plugin fails; the results of those before it are left
 *   for `leaveNetwork()`.
 */
export async function joinNetwork(
  attachment: Attachment,
  settings: NetworkSettings,
  options: Abortable = {},
): Promise<NetworkResult> {
  const { list } = attachment;
  let result: NetworkResult | undefined = undefined;
  for (const plugin of listBusy(attachment)) {
    options.signal?.throwIfAborted();
    const stdout = await callPlugin({
      ...{ attachment, plugin, settings, verb: "ADD" },
      prevResult: result?.raw,
    });
    result = readResult(stdout, plugin.type, list);
  }
  return result ?? { ips: [], raw: {} };
}

/**
 * Removes a pod from a network: DEL, the last plugin first. All plugins are called,
 * even if some fail; it is no error to repeat it, or if nothing was added. A
 * running plugin is not aborted, as with ADD.
 *
 * @param prevResult The result of ADD, if known.
 * @throws {NetworkError} The error of the first plugin that failed.
 */
export async function leaveNetwork(
  attachment: Attachment,
  settings: NetworkSettings,
  { prevResult, signal }: Abortable & {
    readonly prevResult?: JsonObject | undefined;
  } = {},
): Promise<void> {
  const errors: unknown[] = [];
  for (const plugin of listBusy(attachment).toReversed()) {
    signal?.throwIfAborted();
    try {
      await callPlugin(
        { attachment, plugin, settings, verb: "DEL", prevResult },
      );
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/**
 * Checks that a pod's network is still as ADD made it: CHECK, since CNI 0.4.0.
 *
 * @throws {NetworkError} If it is not.
 */
export async function checkNetwork(
  attachment: Attachment,
  settings: NetworkSettings,
  { prevResult, signal }: Abortable & { readonly prevResult: JsonObject },
): Promise<void> {
  const { cniVersion, disableCheck } = attachment.list;
  if (disableCheck || cniVersion.startsWith("0.3.")) return;
  for (const plugin of listBusy(attachment)) {
    await callPlugin(
      { attachment, plugin, settings, verb: "CHECK", prevResult },
      { signal },
    );
  }
}

/**
 * The plugins that have work for a pod. Its request never changes, so a plugin
 * without work in ADD has none in DEL.
 */
function listBusy(
  { list: { plugins }, capabilities }: Attachment,
): readonly NetworkPlugin[] {
  return plugins.filter(({ type, settings }, index) =>
    index === 0 || type !== PORTMAP || "runtimeConfig" in settings ||
    capabilities.portMappings !== undefined
  );
}

// Without ports it has no effect, but costs two programs.
const PORTMAP = "portmap";

async function callPlugin(
  { attachment, plugin, settings, verb, prevResult }: {
    readonly attachment: Attachment;
    readonly plugin: NetworkPlugin;
    readonly settings: NetworkSettings;
    readonly verb: PluginVerb;
    readonly prevResult: JsonObject | undefined;
  },
  options: Abortable = {},
): Promise<string> {
  const { list, id, interfaceName, namespace = "", args } = attachment;
  const { capabilities, lock } = attachment;
  const { type } = plugin;
  const pairs = Object.entries({ IgnoreUnknown: "1", ...args })
    .map(([key, value]) => `${key}=${value}`);
  return await runPlugin(
    {
      ...{ verb, type, network: list.name },
      lock: verb === "ADD" || verb === "DEL" ? lock : undefined,
      input: makePluginInput(list, plugin, { capabilities, prevResult }),
      env: {
        CNI_CONTAINERID: id,
        CNI_NETNS: namespace,
        CNI_IFNAME: interfaceName,
        CNI_ARGS: pairs.join(";"),
      },
    },
    settings,
    options,
  );
}

function readResult(
  stdout: string,
  plugin: string,
  { name }: NetworkList,
): NetworkResult {
  try {
    return parseNetworkResult(stdout, `result of network plugin "${plugin}"`);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new NetworkError(`Cannot join network "${name}": ${cause.message}`, {
      plugin,
      cause,
    });
  }
}
