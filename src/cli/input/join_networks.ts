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
import type { NewPod } from "./join_pod.ts";
import { networkPlaces } from "./network_places.ts";

/** The options of its pod. */
export interface NetworkPod extends Omit<NewPod, "signal"> {
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
 * @throws {InUseError} If another pod, or a program, has a port of the host.
 * @throws {UsageError} If the network has no ports of the host, or one is to lead to
 *   two places.
 */
export async function runNetworkPod(
  agent: Agent,
  { podName, podId, hostname, wanted, settings, signal, ...others }: NetworkPod,
): Promise<Sandbox> {
  const { names, ports, dns } = wanted;
  const networks = { ...networkPlaces(settings), names };
  if (ports.length > 0) {
    checkPorts(findNetworks(networks).map(({ list }) => list));
    checkOnce(ports);
    await checkFree(agent, ports, signal);
    for (const port of ports) checkSilent(port);
  }
  return await runSandbox(agent, {
    ...{ podName, podId, hostname, ports, dns, networks, signal },
    metadata: {
      name: podName,
      uid: others.uid ?? "",
      namespace: others.namespace ?? "",
      attempt: others.attempt ?? 0,
    },
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

/** @throws {UsageError} If two of them want the same port of the host. */
export function checkOnce(ports: readonly SandboxPort[]): void {
  const twice = ports.find((port, index) =>
    ports.slice(0, index).some((other) => meet(other, port))
  );
  if (twice === undefined) return;
  const { hostPort, protocol } = twice;
  throw new UsageError(
    `Cannot publish port ${hostPort}/${protocol} twice: name it once, or ` +
      "different addresses of the host",
  );
}

/** Firewall rules would silently send all traffic to one of them. */
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

/**
 * Firewall rules would take the traffic of a local program that listens.
 *
 * @throws {InUseError} If one listens, as far as that can be tried: by TCP.
 */
export function checkSilent(
  { protocol, hostPort: port, hostIp: hostname = "0.0.0.0" }: SandboxPort,
): void {
  if (protocol !== "tcp") return;
  try {
    Deno.listen({ hostname, port }).close();
  } catch (error) {
    // Other errors are no proof, such as an address that is not assigned yet.
    if (!(error instanceof Deno.errors.AddrInUse)) return;
    throw new InUseError(
      `Cannot publish port ${port}/${protocol}: a program of this machine ` +
        "listens there",
      [],
    );
  }
}

function meet(one: SandboxPort, other: SandboxPort): boolean {
  const addresses = [one.hostIp ?? "", other.hostIp ?? ""];
  const isAll = addresses.some((address) => /^(0\.0\.0\.0|::|)$/.test(address));
  return one.hostPort === other.hostPort && one.protocol === other.protocol &&
    other.hostPort !== 0 && (isAll || addresses[0] === addresses[1]);
}
