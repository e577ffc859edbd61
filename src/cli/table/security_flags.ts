/** Flags for security and namespaces of a container. */

import type { FlagTable } from "../command.ts";

/** For `container create` and `run`. */
export const SECURITY_FLAGS = {
  privileged: {
    type: "boolean",
    help: "All capabilities of orlop, and no masked paths; devices only " +
      "by --device",
  },
  "cap-add": {
    type: "list",
    splits: true,
    value: "NAME",
    help: "Add a capability, capabilities(7), or ALL",
  },
  "cap-drop": {
    type: "list",
    splits: true,
    value: "NAME",
    help: "Drop a capability, or ALL",
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
    help: "A namespaced kernel parameter",
  },
  pid: {
    type: "text",
    value: "NS",
    choices: ["private", "host"],
    help: "The PID namespace",
  },
  ipc: {
    type: "text",
    value: "NS",
    choices: ["private", "shareable", "host", "none"],
    help: "The IPC namespace",
  },
  uts: {
    type: "text",
    value: "NS",
    choices: ["private", "host"],
    help: "The UTS namespace",
  },
  cgroupns: {
    type: "text",
    value: "NS",
    choices: ["private", "host"],
    help: "The cgroup namespace; by default private with cgroup v2",
  },
  userns: {
    type: "text",
    value: "NS",
    choices: ["host"],
    help: "The user namespace: only the host's is supported",
  },
} as const satisfies FlagTable;
