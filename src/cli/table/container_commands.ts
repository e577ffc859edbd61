/** The table's part about containers. */

import type { Argument, Command } from "../command.ts";
import { CREATE_CONTAINER, RUN } from "./create_commands.ts";
import { PROCESS_COMMANDS } from "./process_commands.ts";
import {
  ALL_FLAG,
  FILTER_FLAG,
  IGNORE_FLAG,
  INSPECT_FLAGS,
  LIST_FLAGS,
  SIGNAL_FLAG,
  TIME_FLAG,
} from "./shared_flags.ts";

const CONTAINER: Argument = { name: "CONTAINER", completes: "container" };
const CONTAINERS: Argument = { ...CONTAINER, isRepeated: true };
const ANY_CONTAINERS: Argument = { ...CONTAINERS, isOptional: true };

/** `orlop ps`. */
export const LIST_CONTAINERS = {
  name: "ls",
  aliases: ["list", "ps"],
  module: "ps",
  summary: "List the containers",
  description: [
    "Lists all containers, running or not, also those of other " +
    "tools in the same store. Filters: name=PATTERN, id=PREFIX, " +
    "pod=NAME, image=PATTERN or ID, label=NAME[=VALUE], " +
    "exited=CODE, " +
    "status=created|mounted|starting|running|paused|exited|removing|storage, " +
    "owner=orlop|cri-o|podman|buildah|other.",
  ],
  flags: {
    all: {
      type: "boolean",
      short: "a",
      help: "No effect: all are always shown",
    },
    ...FILTER_FLAG,
    ...LIST_FLAGS,
  },
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop container inspect`. */
export const INSPECT_CONTAINER = {
  name: "inspect",
  summary: "Show details of containers, as JSON or by a template",
  arguments: [CONTAINERS],
  flags: INSPECT_FLAGS,
  examples: [{
    line: "orlop container inspect --format '{{json .Mounts}}' app",
    does: "What of the host it sees",
  }],
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop container exists`. */
export const CONTAINER_EXISTS = {
  name: "exists",
  summary: "Show by the exit code whether a container exists",
  description: [
    "0 if it is, of whatever tool; 1 if it is not; 125 if that is unknown.",
  ],
  arguments: [CONTAINER],
  flags: {
    external: {
      type: "boolean",
      help: "No effect: those of other tools always count",
    },
  },
  failureCode: 125,
} as const satisfies Command;

/** `orlop start`. */
export const START_CONTAINER = {
  name: "start",
  module: "container start",
  summary: "Mount the roots of containers, and print the mount points",
  description: [
    "Writes the OCI bundle configuration into the run dir. No " +
    "process is started: use an OCI runtime, or `orlop run`.",
  ],
  arguments: [CONTAINERS],
  examples: [{
    line: "ls $(orlop start app)",
    does: "Look into a container",
  }],
  needs: ["mount"],
} as const satisfies Command;

/** `orlop stop`. */
export const STOP_CONTAINER = {
  name: "stop",
  module: "container stop",
  summary: "Stop the processes of containers, and unmount their roots",
  description: [
    "The process gets the stop signal of its image, or SIGTERM, and " +
    "SIGKILL if it does not end in time. A container without a " +
    "process is unmounted, even if it was started several times.",
  ],
  arguments: [ANY_CONTAINERS],
  flags: {
    ...ALL_FLAG,
    ...TIME_FLAG,
    force: { type: "boolean", short: "f", help: "The same as --time 0" },
    count: {
      type: "boolean",
      help: "Count starts: a container that was started twice must be " +
        "stopped twice",
    },
    ...IGNORE_FLAG,
  },
  examples: [{
    line: "orlop stop --time 30 app",
    does: "Give its process half a minute to end",
  }],
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop kill`. */
export const KILL_CONTAINER = {
  name: "kill",
  module: "container kill",
  summary: "Send a signal to the processes of containers",
  description: [
    "After KILL, which is the default, it waits until they have ended.",
  ],
  arguments: [ANY_CONTAINERS],
  flags: { ...ALL_FLAG, ...SIGNAL_FLAG },
  examples: [{
    line: "orlop kill --signal HUP app",
    does: "Let it reload its settings",
  }],
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop rm`. */
export const REMOVE_CONTAINER = {
  name: "rm",
  module: "container rm",
  summary: "Remove containers and all that was written in them",
  description: [
    "Containers of other tools are refused, even with --force: the " +
    "message names the command that removes them.",
  ],
  arguments: [ANY_CONTAINERS],
  flags: {
    ...ALL_FLAG,
    force: {
      type: "boolean",
      short: "f",
      help: "Also remove running containers, which are ended first, and " +
        "mounted ones; a missing container is no error",
    },
    ...TIME_FLAG,
    volumes: {
      type: "boolean",
      short: "v",
      help: "No effect: the content of the image's volumes is always " +
        "removed",
    },
    ...IGNORE_FLAG,
  },
  needs: ["mount", "runtime", "network"],
} as const satisfies Command;

/** `orlop container cleanup`: what conmon calls. */
export const CLEANUP_CONTAINER = {
  name: "cleanup",
  summary: "Unmount a container whose process has ended",
  description: [
    "orlop has this done at the end of what `orlop run --detach` has started; " +
    "with --rm there, the container is removed, too.",
  ],
  arguments: [CONTAINER],
  needs: ["mount", "runtime", "network"],
  isHidden: true,
} as const satisfies Command;

/** `orlop container dirs`. */
export const CONTAINER_DIRS = {
  name: "dirs",
  summary: "Show a container's directories",
  description: [
    "The work dir holds the template, and survives reboots; the run dir holds " +
    "the bundle configuration, and may be empty after a reboot.",
  ],
  arguments: [CONTAINER],
  flags: {
    work: { type: "boolean", help: "Print the path of the work dir only" },
    run: { type: "boolean", help: "Print the path of the run dir only" },
  },
} as const satisfies Command;

/** `orlop container metadata`. */
export const CONTAINER_METADATA = {
  name: "metadata",
  summary: "Show or change the metadata of a container",
  description: [
    "Pod and image of a container stay what they are. What can be set: name, " +
    "metadata-name, uid, namespace, attempt, mountlabel.",
  ],
  arguments: [CONTAINER],
  flags: {
    set: { type: "list", value: "KEY=VALUE", help: "Change a value" },
  },
  examples: [{
    line: "orlop container metadata app --set namespace=prod",
    does: "Change one value, leave the others",
  }],
} as const satisfies Command;

/** `orlop container …`. */
export const CONTAINER_GROUP: Command = {
  name: "container",
  summary: "Manage containers",
  section: "Pods and containers",
  commands: [
    CREATE_CONTAINER,
    LIST_CONTAINERS,
    INSPECT_CONTAINER,
    CONTAINER_EXISTS,
    START_CONTAINER,
    STOP_CONTAINER,
    KILL_CONTAINER,
    REMOVE_CONTAINER,
    ...PROCESS_COMMANDS,
    CLEANUP_CONTAINER,
    CONTAINER_DIRS,
    CONTAINER_METADATA,
  ],
};

const { aliases: _, ...LIST_WITHOUT_ALIASES } = LIST_CONTAINERS;

/** Those at the top level. */
export const CONTAINER_COMMANDS: readonly Command[] = [
  { ...RUN, section: "Pods and containers" },
  { ...LIST_WITHOUT_ALIASES, name: "ps", section: "Pods and containers" },
  { ...START_CONTAINER, section: "Pods and containers" },
  { ...STOP_CONTAINER, section: "Pods and containers" },
  { ...KILL_CONTAINER, section: "Pods and containers" },
  { ...REMOVE_CONTAINER, section: "Pods and containers" },
  ...PROCESS_COMMANDS.map((command): Command => ({
    ...command,
    section: "Pods and containers",
  })),
  CONTAINER_GROUP,
];
