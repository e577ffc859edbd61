/** Flags that say what a container is to be. */

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
    value: "NAME[=VALUE]",
    help: "A variable of its environment; without a value orlop's own, NAME* " +
      "for all that begin so",
  },
  "env-file": {
    type: "list",
    splits: true,
    value: "PATH",
    help: "A file of variables, one a line",
    completes: "file",
  },
  "env-host": {
    type: "boolean",
    help: "All variables that orlop itself has",
  },
  unsetenv: {
    type: "list",
    value: "NAME",
    help: "A variable of the image that it does not get",
  },
  label: {
    type: "list",
    short: "l",
    value: "NAME=VALUE",
    help: "What is noted of it; container inspect shows it",
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
  "group-add": {
    type: "list",
    splits: true,
    value: "GROUP",
    help: "A further group of that user, by name or number",
  },
  umask: {
    type: "text",
    value: "OCTAL",
    help: "Rights that its new files do not have; 0022 if left out",
  },
  entrypoint: {
    type: "text",
    value: "CMD",
    help: "Instead of the image's entrypoint; a JSON array for several words",
  },
  hostname: {
    type: "text",
    short: "h",
    value: "NAME",
    help: "Its host name; its short ID if left out",
  },
  network: {
    type: "list",
    splits: true,
    value: "NET",
    help: "none: nothing but a loopback; host: all that the host has; or a " +
      "network of /etc/cni/net.d, for run and pod create",
  },
  ...NETWORK_FLAGS,
  "add-host": {
    type: "list",
    splits: true,
    value: "NAME:ADDRESS",
    help: "A name in its /etc/hosts",
  },
  annotation: {
    type: "list",
    value: "NAME=VALUE",
    help: "An annotation for the OCI runtime",
  },
  cidfile: {
    type: "text",
    value: "PATH",
    help: "A new file for its ID",
    completes: "file",
  },
  "stop-signal": {
    type: "text",
    value: "SIGNAL",
    help: "What ends it politely, instead of what its image says",
  },
  "stop-timeout": {
    type: "text",
    value: "SECONDS",
    help: "How long it has for that before it gets SIGKILL; 10 if left out",
  },
  "log-opt": {
    type: "list",
    value: "NAME=VALUE",
    help:
      "max-size=SIZE: when its log gets longer it begins anew, such as 10m; " +
      "it never does if left out",
  },
  tty: { type: "boolean", short: "t", help: "It gets a terminal of its own" },
  ...MOUNT_FLAGS,
  ...LIMIT_FLAGS,
  ...SECURITY_FLAGS,
  ...REFUSED_FLAGS,
} as const satisfies FlagTable;
