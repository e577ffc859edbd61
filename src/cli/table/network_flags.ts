/** Flags for networks of a container or a pod. */

import type { FlagTable } from "../command.ts";

/** For what makes containers, and `pod create`. */
export const NETWORK_FLAGS = {
  publish: {
    type: "list",
    short: "p",
    value: "HOST:CONTAINER",
    help: "Publish a port of its network on the host; for run and pod " +
      "create",
  },
  dns: {
    type: "list",
    value: "ADDRESS",
    help: "A DNS server in its network, instead of the host's",
  },
  "dns-search": {
    type: "list",
    value: "DOMAIN",
    help: "A DNS search domain",
  },
  "dns-option": {
    type: "list",
    value: "OPTION",
    help: "An option for resolv.conf, such as ndots:1",
  },
} as const satisfies FlagTable;
