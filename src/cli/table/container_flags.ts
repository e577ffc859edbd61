/** Flags for the settings of a container. */

import type { FlagTable } from "../command.ts";
import { LIMIT_FLAGS } from "./limit_flags.ts";
import { MOUNT_FLAGS } from "./mount_flags.ts";
import { NETWORK_FLAGS } from "./network_flags.ts";
import { REFUSED_FLAGS } from "./refused_flags.ts";
import { SECURITY_FLAGS } from "./security_flags.ts";

/** For `container create` and `run`. */
export const CONTAINER_FLAGS = {
  name: {
    type: "text",
    value: "NAME",
    help: "The container's name; by default made from the image's",
  },
  pod: {
    type: "text",
    value: "POD",
    help: "The pod to join, by name or ID; new:NAME creates one",
    completes: "pod",
  },
  env: {
    type: "list",
    short: "e",
    value: "NAME[=VALUE]",
    help: "An environment variable; without a value, orlop's own; NAME* " +
      "for all with this prefix",
  },
  "env-file": {
    type: "list",
    splits: true,
    value: "PATH",
    help: "A file of environment variables, one on each line",
    completes: "file",
  },
  "env-host": {
    type: "boolean",
    help: "Pass all of orlop's own environment variables",
  },
  unsetenv: {
    type: "list",
    value: "NAME",
    help: "Remove an environment variable of the image",
  },
  label: {
    type: "list",
    short: "l",
    value: "NAME=VALUE",
    help: "A label; container inspect shows it",
  },
  workdir: {
    type: "text",
    short: "w",
    value: "PATH",
    help: "The working directory",
  },
  user: {
    type: "text",
    short: "u",
    value: "USER[:GROUP]",
    help: "The user of the command, by name or number",
  },
  "group-add": {
    type: "list",
    splits: true,
    value: "GROUP",
    help: "A supplementary group of the user, by name or number",
  },
  umask: {
    type: "text",
    value: "OCTAL",
    help: "The umask; by default 0022",
  },
  entrypoint: {
    type: "text",
    value: "CMD",
    help: "Replaces the image's entrypoint; a JSON array for several " +
      "words",
  },
  hostname: {
    type: "text",
    short: "h",
    value: "NAME",
    help: "The host name; by default the short ID",
  },
  network: {
    type: "list",
    splits: true,
    value: "NET",
    help: "none: only loopback; host: the host's network; or a network of " +
      "/etc/cni/net.d, for run and pod create",
  },
  ...NETWORK_FLAGS,
  "add-host": {
    type: "list",
    splits: true,
    value: "NAME:ADDRESS",
    help: "An entry for its /etc/hosts",
  },
  annotation: {
    type: "list",
    value: "NAME=VALUE",
    help: "An annotation for the OCI runtime",
  },
  cidfile: {
    type: "text",
    value: "PATH",
    help: "Write the ID to a new file",
    completes: "file",
  },
  "stop-signal": {
    type: "text",
    value: "SIGNAL",
    help: "The signal of stop, instead of the image's",
  },
  "stop-timeout": {
    type: "text",
    value: "SECONDS",
    help: "The time between that signal and SIGKILL; by default 10",
  },
  "log-opt": {
    type: "list",
    value: "NAME=VALUE",
    help: "max-size=SIZE: truncate the log at this size, such as 10m; by " +
      "default never",
  },
  tty: { type: "boolean", short: "t", help: "Allocate a terminal for it" },
  ...MOUNT_FLAGS,
  ...LIMIT_FLAGS,
  ...SECURITY_FLAGS,
  ...REFUSED_FLAGS,
} as const satisfies FlagTable;
