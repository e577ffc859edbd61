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
    "All are listed, whether they run or not, and those of other tools in " +
    "the same store, too. Filters: name=PATTERN, id=PREFIX, pod=NAME, " +
    "image=PATTERN or ID, label=NAME[=VALUE], exited=CODE, " +
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
  summary: "Show all about containers, as JSON or by a template",
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
  summary: "Tell by the exit code whether a container is there",
  description: [
    "0 if it is, of whatever tool; 1 if it is not; 125 if that cannot be told.",
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
  summary: "Mount the roots of containers, and print where",
  description: [
    "Writes the OCI bundle configuration into the run dir. No process is " +
    "started: that is up to the OCI runtime, or to `orlop run`.",
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
  summary: "End what runs in containers, and unmount their roots",
  description: [
    "The process gets the stop signal of its image, or SIGTERM, and SIGKILL if " +
    "it has not ended in time. A container in which nothing runs is unmounted, " +
    "however often it was started.",
  ],
  arguments: [ANY_CONTAINERS],
  flags: {
    ...ALL_FLAG,
    ...TIME_FLAG,
    force: { type: "boolean", short: "f", help: "At once: as --time 0" },
    count: {
      type: "boolean",
      help: "Started twice, stopped twice: only the last stop unmounts",
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
  summary: "Send a signal to what runs in containers",
  arguments: [ANY_CONTAINERS],
  flags: { ...ALL_FLAG, ...SIGNAL_FLAG },
  examples: [{
    line: "orlop kill --signal HUP app",
    does: "Let it read its settings again",
  }],
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop rm`. */
export const REMOVE_CONTAINER = {
  name: "rm",
  module: "container rm",
  summary: "Remove containers, with all that was written in them",
  description: [
    "Those of other tools are refused, also with --force: the message names " +
    "the command that removes them.",
  ],
  arguments: [ANY_CONTAINERS],
  flags: {
    ...ALL_FLAG,
    force: {
      type: "boolean",
      short: "f",
      help: "Also those that run, which are ended first, or are " +
        "started; none of that name is fine",
    },
    ...TIME_FLAG,
    volumes: {
      type: "boolean",
      short: "v",
      help: "No effect: what volumes of the image hold is always removed",
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
  summary: "Show or change what is noted of a container, as JSON",
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
  summary: "All that can be done with containers",
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
