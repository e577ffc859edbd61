/** A network for tests of containers and pods, and what it takes. */

import { PLUGIN_DIRECTORIES } from "../../../src/engine/network/find_networks.ts";
import { hasProgram, needs } from "../peers.ts";

/** What tests of real sandboxes need. */
export function needsNetworks(): { ignore: boolean } {
  const bridge = PLUGIN_DIRECTORIES.map((directory) => `${directory}/bridge`);
  const found = bridge.find(hasProgram) ?? "containernetworking-plugins";
  return needs("root", "ip", "iptables", "nsenter", "unshare", found);
}

/** How a network is to be. */
export interface TestNetwork {
  readonly name: string;
  /** Where its addresses that are given out are noted. */
  readonly leases: string;
  /** @default {true} */
  readonly ipMasq?: boolean;
  /** @default {"both": IPv4 and IPv6} */
  readonly addresses?: "IPv4" | "both";
}

/** Describes a network with ports of the host. */
export function writeNetwork(
  directory: string,
  { name, leases, ipMasq = true, addresses = "both" }: TestNetwork,
): { readonly number: number } {
  // Other tests may run beside this one.
  const number = Number.parseInt(name.slice(-2), 16);
  const ranges = [
    [{ subnet: `10.199.${number}.0/24` }],
    ...addresses === "both" ? [[{ subnet: `fd99:${number}::/64` }]] : [],
  ];
  const ipam = { type: "host-local", dataDir: leases, ranges };
  const plugins = [
    { type: "ptp", ipMasq, ipam },
    { type: "portmap", capabilities: { portMappings: true }, snat: true },
  ];
  Deno.writeTextFileSync(
    `${directory}/10-test.conflist`,
    JSON.stringify({ cniVersion: "1.0.0", name, plugins }),
  );
  return { number };
}
