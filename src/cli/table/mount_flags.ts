/** Flags that say what of the host, or in memory, a container sees. */

import type { FlagTable } from "../command.ts";

/** For `container create` and `run`. */
export const MOUNT_FLAGS = {
  volume: {
    type: "list",
    short: "v",
    value: "SRC:DST[:OPT,…]",
    help: "What of the host it sees, and where; ro, nosuid, rshared, …",
  },
  mount: {
    type: "list",
    value: "KEY=VALUE,…",
    help: "The same in words: type=bind|tmpfs,source=PATH,target=PATH,…",
  },
  tmpfs: {
    type: "list",
    value: "DST[:OPT,…]",
    help: "A place in memory; size=64m, mode=0755, noexec, …",
  },
  "shm-size": {
    type: "text",
    value: "SIZE",
    help: "How large /dev/shm may grow, instead of 64m",
  },
  "read-only": {
    type: "boolean",
    help: "Only volumes, /run, /tmp and /var/tmp can be written to",
  },
  "read-only-tmpfs": {
    type: "tristate",
    help: "=false: with --read-only only volumes can be written to",
  },
  device: {
    type: "list",
    splits: true,
    value: "SRC[:DST][:rwm]",
    help:
      "A device of the host that it may use; or vendor.com/class=name, as " +
      "/etc/cdi or /run/cdi describe it",
  },
} as const satisfies FlagTable;
