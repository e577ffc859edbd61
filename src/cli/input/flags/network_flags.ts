/** Converts flags of a container's networks. */

import type { SandboxPort } from "../../../engine/sandboxes/sandbox.ts";
import type { NetworkDns } from "../../../formats/cni/plugin_input.ts";
import { isIpAddress } from "../../../formats/ip_address.ts";
import { isPort } from "../../../formats/port.ts";
import type { FlagValues } from "../../command.ts";
import type { CONTAINER_FLAGS } from "../../table/container_flags.ts";
import { badFlag } from "./flag_value.ts";

/** What a container has for a network. */
export type WantedNetwork =
  /** No flag was given. */
  | { readonly kind: "any" }
  | { readonly kind: "none" | "host" }
  | JoinedNetworks;

/** Networks that a container's pod joins. */
export interface JoinedNetworks {
  readonly kind: "join";
  /** Undefined for the one that comes first. */
  readonly names: readonly string[] | undefined;
  readonly ports: readonly SandboxPort[];
  /** Undefined if it resolves names as the host does. */
  readonly dns: NetworkDns | undefined;
}

type NetworkFlags = Pick<
  FlagValues<typeof CONTAINER_FLAGS>,
  "network" | "publish" | "dns" | "dns-search" | "dns-option"
>;

/** @throws {UsageError} If they are invalid. */
export function readNetworks(flags: NetworkFlags): WantedNetwork {
  const { network: names, publish } = flags;
  const ports = publish.map(readPort);
  const joins = names.filter((name) => name !== "none" && name !== "host");
  const [single] = names.filter((name) => !joins.includes(name));
  if (single !== undefined) {
    checkAlone(single, flags);
    return { kind: single === "host" ? "host" : "none" };
  }
  for (const name of joins) checkName(name);
  if (joins.length === 0 && ports.length === 0) {
    refuse(flags, RESOLVER_FLAGS, "name a network: --network NAME");
    return { kind: "any" };
  }
  return {
    kind: "join",
    names: joins.length === 0 ? undefined : joins,
    ports,
    dns: readDns(flags),
  };
}

// Flags for the resolv.conf of a network.
const RESOLVER_FLAGS = ["dns", "dns-search", "dns-option"] as const;

/** `none` and `host` exclude other flags. */
function checkAlone(single: string, flags: NetworkFlags): void {
  const other = flags.network.find((name) => name !== single);
  if (other !== undefined) {
    throw badFlag("network", other, `"${single}" goes with no other`);
  }
  const why = `with --network=${single} there is no use for it`;
  refuse(flags, ["publish", ...RESOLVER_FLAGS], why);
}

function refuse(
  flags: NetworkFlags,
  names: readonly (keyof NetworkFlags)[],
  why: string,
): void {
  for (const name of names) {
    const [value] = flags[name];
    if (value !== undefined) throw badFlag(name, value, why);
  }
}

function checkName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return;
  throw badFlag(
    "network",
    name,
    "write none, host, or the name of a network of /etc/cni/net.d",
  );
}

const PORT =
  /^(?:(?:\[([^\]]*)\]|([\d.]*)):)?(\d{1,5}):(\d{1,5})(?:\/(tcp|udp|sctp))?$/;

/** `[ADDRESS:]HOST:CONTAINER[/PROTOCOL]`, as podman has it. */
function readPort(text: string): SandboxPort {
  const [, v6, v4 = "", hostPort, containerPort, protocol = "tcp"] =
    PORT.exec(text) ?? [];
  const hostIp = v6 ?? v4;
  const ports = [Number(hostPort), Number(containerPort)];
  const isRight = ports.every(isPort) &&
    (hostIp === "" || isIpAddress(hostIp));
  const kind = (["tcp", "udp", "sctp"] as const)
    .find((kind) => kind === protocol);
  if (!isRight || kind === undefined) {
    throw badFlag(
      "publish",
      text,
      "write HOST:CONTAINER, such as 8080:80, 127.0.0.1:8080:80 or 53:53/udp",
    );
  }
  const [host = 0, container = 0] = ports;
  return {
    protocol: kind,
    hostPort: host,
    containerPort: container,
    hostIp: hostIp || undefined,
  };
}

function readDns(flags: NetworkFlags): NetworkDns | undefined {
  const servers = flags.dns;
  const searches = flags["dns-search"];
  const options = flags["dns-option"];
  const isHosts = servers.length + searches.length + options.length === 0;
  for (const server of servers) {
    if (isIpAddress(server)) continue;
    throw badFlag("dns", server, "write an address, such as 10.0.0.1");
  }
  return isHosts ? undefined : { servers, searches, options };
}
