/** Joins the networks of a sandbox, and leaves them. */

import type { Abortable } from "../../errors/abort.ts";
import type { NetworkCapabilities } from "../../formats/cni/plugin_input.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { findNetworks } from "../network/find_networks.ts";
import {
  type Attachment,
  joinNetwork,
  leaveNetwork,
} from "../network/join_network.ts";
import { tryReadBandwidth } from "./bandwidth.ts";
import type { SandboxRequest } from "./sandbox.ts";
import type { JoinedNetwork, SandboxState } from "./sandbox_state.ts";

/**
 * The networks that a sandbox is to join.
 *
 * @throws {NetworkError} If one is not there.
 */
export function chooseNetworks(
  { namespaces, networks = {} }: SandboxRequest,
): readonly JoinedNetwork[] {
  if (namespaces.network === "node") return [];
  return findNetworks(networks).map(({ list, text }, index) => ({
    interfaceName: `eth${index}`,
    list,
    text,
    result: undefined,
  }));
}

type Joining = Pick<SandboxState, "request" | "networks">;

/**
 * Joins them, one after another.
 *
 * @returns The networks with their results.
 * @throws {NetworkError} If one fails; those before it are joined.
 */
export async function joinNetworks(
  id: ContainerId,
  { request, networks }: Joining,
  { namespace, lock, signal }: Abortable & {
    readonly namespace: string;
    readonly lock: string;
  },
): Promise<readonly JoinedNetwork[]> {
  const joined: JoinedNetwork[] = [];
  for (const network of networks) {
    const attachment = attachmentOf(id, { request, network, namespace, lock });
    const result = await joinNetwork(attachment, request.networks ?? {}, {
      signal,
    });
    joined.push({ ...network, result });
  }
  return joined;
}

/**
 * Leaves them, the last one first; all are left, even if some fail.
 *
 * @param options.namespace Undefined if it is gone.
 * @param options.lock Undefined if its directory is gone.
 * @throws {NetworkError} The first that failed.
 */
export async function leaveNetworks(
  id: ContainerId,
  { request, networks }: Joining,
  { namespace, lock, signal }: Abortable & {
    readonly namespace: string | undefined;
    readonly lock: string | undefined;
  },
): Promise<void> {
  const errors: unknown[] = [];
  for (const network of networks.toReversed()) {
    const attachment = attachmentOf(id, { request, network, namespace, lock });
    try {
      await leaveNetwork(attachment, request.networks ?? {}, {
        prevResult: network.result?.raw,
        signal,
      });
    } catch (error) {
      signal?.throwIfAborted();
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}

/** The addresses that networks gave. */
export function addressesIn(
  networks: readonly JoinedNetwork[],
): readonly string[] {
  return networks.flatMap(({ result }) => result?.ips ?? []);
}

function attachmentOf(
  id: ContainerId,
  { request, network, namespace, lock }: {
    readonly request: Joining["request"];
    readonly network: JoinedNetwork;
    readonly namespace: string | undefined;
    readonly lock?: string | undefined;
  },
): Attachment {
  const { metadata } = request;
  return {
    ...{ id, namespace, lock },
    interfaceName: network.interfaceName,
    list: network.list,
    // The arguments of all runtimes for Kubernetes; other pods have no namespace.
    args: metadata.namespace === "" ? {} : {
      K8S_POD_NAMESPACE: metadata.namespace,
      K8S_POD_NAME: metadata.name,
      K8S_POD_INFRA_CONTAINER_ID: id,
      K8S_POD_UID: metadata.uid,
    },
    capabilities: capabilitiesOf(request),
  };
}

function capabilitiesOf(
  { ports, dns, annotations }: Joining["request"],
): NetworkCapabilities {
  const mappings = ports.filter(({ hostPort }) => hostPort > 0);
  return {
    portMappings: mappings.length === 0
      ? undefined
      : mappings.map(({ hostIp, ...port }) => ({
        ...port,
        ...hostIp ? { hostIP: hostIp } : {},
      })),
    bandwidth: tryReadBandwidth(annotations),
    dns,
  };
}
