/** A network for tests of containers and pods, and what it takes. */

import { PLUGIN_DIRECTORIES } from "../../../src/engine/network/find_networks.ts";
import { hasProgram, needs } from "../peers.ts";

/** What tests of real sandboxes need. */
export function needsNetworks(): { ignore: boolean } {
  const bridge = PLUGIN_DIRECTORIES.map((directory) => `${directory}/bridge`);
  const found = bridge.find(hasProgram) ?? "containernetworking-plugins";
  return needs("root", "ip", "iptables", "nsenter", "unshare", found);
}

// 10.192.0.0/11, in which few machines have networks.
const FIRST = 192;
const NETWORKS = 32 * 256;

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

/**
 * Describes a network with ports of the host.
 *
 * @returns What its IPv4 addresses begin with.
 */
export function writeNetwork(
  directory: string,
  { name, leases, ipMasq = true, addresses = "both" }: TestNetwork,
): { readonly prefix: string } {
  // Other tests run beside this one: of few networks, two would soon be the same.
  const number = Number.parseInt(name.slice(-8), 16) % NETWORKS;
  const prefix = `10.${FIRST + (number >> 8)}.${number & 0xff}.`;
  const ranges = [
    [{ subnet: `${prefix}0/24` }],
    ...addresses === "both"
      ? [[{ subnet: `fd99:${number.toString(16)}::/64` }]]
      : [],
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
  return { prefix };
}
