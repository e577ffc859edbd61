/** Makes the pod of a container that has a network of its own. */

import type { Agent } from "../../engine/agent.ts";
import { findNetworks } from "../../engine/network/find_networks.ts";
import { listSandboxes } from "../../engine/sandboxes/list_sandboxes.ts";
import { runSandbox } from "../../engine/sandboxes/run_sandbox.ts";
import type { Sandbox, SandboxPort } from "../../engine/sandboxes/sandbox.ts";
import { InUseError } from "../../errors/store_errors.ts";
import { UsageError } from "../usage_error.ts";
import type { ServeTexts } from "./config_file.ts";
import type { JoinedNetworks } from "./flags/network_flags.ts";
import { networkPlaces } from "./network_places.ts";

/** What its pod is to be. */
export interface NetworkPod {
  readonly podName: string;
  readonly hostname: string;
  readonly wanted: JoinedNetworks;
  readonly settings: ServeTexts;
  readonly signal: AbortSignal;
}

// As podman: ping needs no capability.
const SYSCTLS = { "net.ipv4.ping_group_range": "0 0" };

/**
 * Makes a pod in networks.
 *
 * @throws {NetworkError} If there is no such network, or it cannot be joined.
 * @throws {InUseError} If another pod has a port of the host.
 * @throws {UsageError} If the network has no ports of the host.
 */
export async function runNetworkPod(
  agent: Agent,
  { podName, hostname, wanted, settings, signal }: NetworkPod,
): Promise<Sandbox> {
  const { names, ports, dns } = wanted;
  const networks = { ...networkPlaces(settings), names };
  if (ports.length > 0) {
    checkPorts(findNetworks(networks).map(({ list }) => list));
    await checkFree(agent, ports, signal);
  }
  return await runSandbox(agent, {
    ...{ podName, hostname, ports, dns, networks, signal },
    metadata: { name: podName, uid: "", namespace: "", attempt: 0 },
    namespaces: { network: "pod", ipc: "node", pid: "container" },
    sysctls: SYSCTLS,
    labels: {},
    annotations: {},
    runtimeHandler: "",
  });
}

function checkPorts(
  lists: readonly ReturnType<typeof findNetworks>[number]["list"][],
): void {
  const hasPorts = lists.some(({ plugins }) =>
    plugins.some(({ capabilities }) => capabilities.has("portMappings"))
  );
  if (hasPorts) return;
  const names = lists.map(({ name }) => `"${name}"`).join(", ");
  throw new UsageError(
    `Cannot publish a port: network ${names} leads none to containers; add ` +
      `{"type": "portmap", "capabilities": {"portMappings": true}} to its plugins`,
  );
}

/** Rules of the firewall would send all to one of them, and tell nobody. */
async function checkFree(
  agent: Agent,
  ports: readonly SandboxPort[],
  signal: AbortSignal,
): Promise<void> {
  for (const { state, request } of await listSandboxes(agent, { signal })) {
    if (state !== "ready") continue;
    const taken = request.ports.find((port) =>
      ports.some((own) => meet(own, port))
    );
    if (taken === undefined) continue;
    const { hostPort, protocol } = taken;
    throw new InUseError(
      `Cannot publish port ${hostPort}/${protocol}: pod "${request.podName}" ` +
        "has it",
      [request.podName],
    );
  }
}

function meet(one: SandboxPort, other: SandboxPort): boolean {
  const addresses = [one.hostIp ?? "", other.hostIp ?? ""];
  const isAll = addresses.some((address) => /^(0\.0\.0\.0|::|)$/.test(address));
  return one.hostPort === other.hostPort && one.protocol === other.protocol &&
    other.hostPort !== 0 && (isAll || addresses[0] === addresses[1]);
}
