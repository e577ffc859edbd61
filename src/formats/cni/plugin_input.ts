/**
 * What a network plugin reads from its standard input: Container Network Interface
 * specification 1.1.0, section 3, "Deriving execution configuration".
 */

import type { JsonObject } from "../json.ts";
import type { NetworkList, NetworkPlugin } from "./network_list.ts";

/** Runtime data for plugins: CONVENTIONS.md. */
export interface NetworkCapabilities {
  /** Ports of the host that lead to the pod. */
  readonly portMappings?: readonly PortMapping[] | undefined;
  /** Bandwidth limits of the pod. */
  readonly bandwidth?: Bandwidth | undefined;
  /** How the pod resolves names. */
  readonly dns?: NetworkDns | undefined;
}

/** A port of the host that leads to one of the pod. */
export interface PortMapping {
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** Only on this address of the host; if omitted, on all. */
  readonly hostIP?: string | undefined;
}

/** Limits of traffic, as seen from the pod: bits, and bits a second. */
export interface Bandwidth {
  readonly ingressRate?: number | undefined;
  readonly ingressBurst?: number | undefined;
  readonly egressRate?: number | undefined;
  readonly egressBurst?: number | undefined;
}

/** How names are resolved: resolv.conf(5). */
export interface NetworkDns {
  /** Addresses of servers of names. */
  readonly servers: readonly string[];
  /** Domains where names without one are looked for. */
  readonly searches: readonly string[];
  /** Such as `ndots:5`. */
  readonly options: readonly string[];
}

/** What else goes into the input. */
export interface PluginInput {
  readonly capabilities?: NetworkCapabilities | undefined;
  /** The result of the previous plugin, or of the whole ADD. */
  readonly prevResult?: JsonObject | undefined;
  /** Only for GC: the attachments in use. */
  readonly validAttachments?: readonly ValidAttachment[] | undefined;
}

/** An interface that is in use. */
export interface ValidAttachment {
  readonly containerID: string;
  readonly ifname: string;
}

/** Makes what a plugin of a list reads. */
export function makePluginInput(
  { name, cniVersion }: Pick<NetworkList, "name" | "cniVersion">,
  { settings, capabilities: wanted }: NetworkPlugin,
  { capabilities = {}, prevResult, validAttachments }: PluginInput,
): string {
  const { capabilities: _capabilities, ...own } = settings;
  const runtimeConfig = Object.fromEntries(
    Object.entries(capabilities)
      .filter(([key, value]) => wanted.has(key) && value !== undefined),
  );
  return JSON.stringify({
    ...own,
    name,
    cniVersion,
    ...Object.keys(runtimeConfig).length === 0 ? {} : { runtimeConfig },
    ...prevResult === undefined ? {} : { prevResult },
    ...validAttachments === undefined
      ? {}
      : { "cni.dev/valid-attachments": validAttachments },
  });
}
