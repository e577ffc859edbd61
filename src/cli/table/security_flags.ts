/** Flags that say what a container may do, and what it shares. */

import type { FlagTable } from "../command.ts";

/** For `container create` and `run`. */
export const SECURITY_FLAGS = {
  privileged: {
    type: "boolean",
    help: "All rights that orlop has, nothing hidden; devices by --device",
  },
  "cap-add": {
    type: "list",
    splits: true,
    value: "NAME",
    help: "A right of root that it gets besides: capabilities(7), or ALL",
  },
  "cap-drop": {
    type: "list",
    splits: true,
    value: "NAME",
    help: "A right of root that it loses, or ALL",
  },
  "security-opt": {
    type: "list",
    value: "OPTION",
    help: "no-new-privileges, seccomp=FILE|unconfined, apparmor=NAME, " +
      "mask=PATH, unmask=PATH|ALL, proc-opts=OPT,…, label=disable",
  },
  sysctl: {
    type: "list",
    splits: true,
    value: "NAME=VALUE",
    help: "A setting of the kernel, as far as a container has its own",
  },
  pid: {
    type: "text",
    value: "NS",
    choices: ["private", "host"],
    help: "Whose processes it sees",
  },
  ipc: {
    type: "text",
    value: "NS",
    choices: ["private", "shareable", "host", "none"],
    help: "Whose shared memory it sees",
  },
  uts: {
    type: "text",
    value: "NS",
    choices: ["private", "host"],
    help: "Whose host name it has",
  },
  cgroupns: {
    type: "text",
    value: "NS",
    choices: ["private", "host"],
    help: "Whose tree of cgroups it sees; its own with cgroup v2",
  },
  userns: {
    type: "text",
    value: "NS",
    choices: ["host"],
    help: "Its users are the host's: orlop maps none",
  },
} as const satisfies FlagTable;
