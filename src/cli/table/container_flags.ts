/** Flags that say what a container is to be. */

import type { FlagTable } from "../command.ts";

/** For `container create` and `run`. */
export const CONTAINER_FLAGS = {
  name: {
    type: "text",
    value: "NAME",
    help: "The container's name; made of the image's if left out",
  },
  pod: {
    type: "text",
    value: "POD",
    help: "The pod that it joins, by name or ID; new:NAME makes one",
    completes: "pod",
  },
  env: {
    type: "list",
    short: "e",
    value: "NAME=VALUE",
    help: "A variable of its environment",
  },
  volume: {
    type: "list",
    short: "v",
    value: "SRC:DST[:ro]",
    help: "What of the host it sees, and where",
  },
  workdir: {
    type: "text",
    short: "w",
    value: "PATH",
    help: "Where its command starts",
  },
  user: {
    type: "text",
    short: "u",
    value: "USER[:GROUP]",
    help: "Whom its command runs as, by name or number",
  },
  entrypoint: {
    type: "text",
    value: "CMD",
    help: "Instead of the image's entrypoint; a JSON array for several words",
  },
  hostname: {
    type: "text",
    value: "NAME",
    help: "Its host name; its short ID if left out",
  },
  network: {
    type: "text",
    value: "NET",
    choices: ["none", "host"],
    default: "none",
    help: "Nothing but a loopback, or all that the host has",
  },
  "read-only": {
    type: "boolean",
    help: "Only volumes can be written to",
  },
  annotation: {
    type: "list",
    value: "NAME=VALUE",
    help: "An annotation for the OCI runtime",
  },
  tty: { type: "boolean", short: "t", help: "It gets a terminal of its own" },
} as const satisfies FlagTable;
