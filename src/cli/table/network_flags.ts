/** Flags that say what a network of its own is to be like. */

import type { FlagTable } from "../command.ts";

/** For what makes containers, and `pod create`. */
export const NETWORK_FLAGS = {
  publish: {
    type: "list",
    short: "p",
    value: "HOST:CONTAINER",
    help:
      "A port of the host that leads to one of its network; for run and pod create",
  },
  dns: {
    type: "list",
    value: "ADDRESS",
    help: "A server of names in its network, instead of the host's",
  },
  "dns-search": {
    type: "list",
    value: "DOMAIN",
    help: "A domain where names without one are looked for",
  },
  "dns-option": {
    type: "list",
    value: "OPTION",
    help: "A setting of resolv.conf, such as ndots:1",
  },
} as const satisfies FlagTable;
