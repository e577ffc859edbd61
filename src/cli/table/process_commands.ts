/** The table's part about what runs in containers. */

import type { Argument, Command } from "../command.ts";
import { ATTACH, COPY_FILES, EXEC } from "./enter_commands.ts";
import { LIST_FLAGS } from "./shared_flags.ts";

const CONTAINER: Argument = { name: "CONTAINER", completes: "container" };
const CONTAINERS: Argument = { ...CONTAINER, isRepeated: true };

/** `orlop logs`. */
export const LOGS = {
  name: "logs",
  module: "container logs",
  summary: "Show what containers have written",
  description: [
    "Of those that run or ran by `orlop run --detach`, or under a kubelet. What a " +
    "container wrote to its standard error goes there, too. A time is a date, " +
    "seconds since 1970, or a duration: so long ago, or of --until from now.",
  ],
  arguments: [CONTAINERS],
  flags: {
    follow: {
      type: "boolean",
      short: "f",
      help: "Go on until the process ends",
    },
    since: { type: "text", value: "TIME", help: "Only what is not older" },
    until: { type: "text", value: "TIME", help: "Only what is not newer" },
    tail: {
      type: "text",
      value: "LINES",
      default: "all",
      help: "So many lines at the end, and what follows",
    },
    timestamps: { type: "boolean", short: "t", help: "Show when, too" },
    names: {
      type: "boolean",
      short: "n",
      help: "Of several logs, name containers, instead of their IDs",
    },
  },
  examples: [
    { line: "orlop logs -f --tail 20 web", does: "The end, and what follows" },
    { line: "orlop logs --since 10m web", does: "Of the last ten minutes" },
  ],
  needs: ["runtime"],
} as const satisfies Command;

/** `orlop wait`. */
export const WAIT = {
  name: "wait",
  module: "container wait",
  summary: "Wait for the end of containers, and print their exit codes",
  description: ["255 stands for an end that nobody saw."],
  arguments: [CONTAINERS],
  flags: {
    condition: {
      type: "list",
      splits: true,
      value: "STATE",
      help: "For what else to wait: created, running, paused, stopped, exited",
    },
    interval: {
      type: "text",
      short: "i",
      value: "TIME",
      help: "No effect: orlop knows at once",
    },
  },
  needs: ["runtime"],
} as const satisfies Command;

/** `orlop top`. */
export const TOP = {
  name: "top",
  module: "container top",
  summary: "List what runs in a container",
  description: [
    "With podman's descriptors, such as pid, hpid, user, comm, args, pcpu, etime, " +
    "rss, capeff, seccomp, or the %-words of ps(1).",
  ],
  arguments: [
    CONTAINER,
    { name: "DESCRIPTOR", isOptional: true, isRepeated: true },
  ],
  examples: [{
    line: "orlop top web pid hpid user args",
    does: "With the process IDs of the host",
  }],
  needs: ["runtime"],
} as const satisfies Command;

/** `orlop stats`. */
export const STATS = {
  name: "stats",
  module: "container stats",
  summary: "Show what containers use of the machine",
  description: ["Of all that run, unless some are named; until Ctrl-C."],
  arguments: [{ ...CONTAINERS, isOptional: true }],
  flags: {
    "no-stream": { type: "boolean", help: "Once only" },
    interval: {
      type: "number",
      short: "i",
      value: "SECONDS",
      default: 5,
      help: "How often",
    },
    all: {
      type: "boolean",
      short: "a",
      help: "No effect: what does not run uses nothing",
    },
    format: LIST_FLAGS.format,
    "no-trunc": LIST_FLAGS["no-trunc"],
    "no-reset": {
      type: "boolean",
      help: "No effect: what is not a terminal is never cleared",
    },
  },
  examples: [{
    line: "orlop stats --no-stream --format '{{.Name}} {{.MemUsage}}'",
    does: "The memory of all",
  }],
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop pause`. */
export const PAUSE = {
  name: "pause",
  module: "container pause",
  summary: "Halt what runs in containers",
  arguments: [CONTAINERS],
  needs: ["runtime"],
} as const satisfies Command;

/** `orlop unpause`. */
export const UNPAUSE = {
  name: "unpause",
  module: "container unpause",
  summary: "Let what was halted in containers go on",
  arguments: [CONTAINERS],
  needs: ["runtime"],
} as const satisfies Command;

/** Those that are found at the top level, and in the group of containers. */
export const PROCESS_COMMANDS: readonly Command[] = [
  LOGS,
  ATTACH,
  EXEC,
  WAIT,
  TOP,
  STATS,
  COPY_FILES,
  PAUSE,
  UNPAUSE,
];
