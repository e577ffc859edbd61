/** Flags for mounts of a container. */

import type { FlagTable } from "../command.ts";

/** For `container create` and `run`. */
export const MOUNT_FLAGS = {
  volume: {
    type: "list",
    short: "v",
    value: "SRC:DST[:OPT,…]",
    help: "Mount a file or directory of the host; ro, nosuid, rshared, …",
  },
  mount: {
    type: "list",
    value: "KEY=VALUE,…",
    help: "The same in long form: " +
      "type=bind|tmpfs,source=PATH,target=PATH,…",
  },
  tmpfs: {
    type: "list",
    value: "DST[:OPT,…]",
    help: "Mount a tmpfs; size=64m, mode=0755, noexec, …",
  },
  "shm-size": {
    type: "text",
    value: "SIZE",
    help: "The size of /dev/shm, instead of 64m",
  },
  "read-only": {
    type: "boolean",
    help: "Mount the root read-only; volumes, /run, /tmp and /var/tmp " +
      "stay writable",
  },
  "read-only-tmpfs": {
    type: "tristate",
    help: "=false: with --read-only, only volumes are writable",
  },
  device: {
    type: "list",
    splits: true,
    value: "SRC[:DST][:rwm]",
    help: "A device of the host; or vendor.com/class=name, a CDI device " +
      "of /etc/cdi or /run/cdi",
  },
} as const satisfies FlagTable;
