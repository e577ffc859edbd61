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
  summary: "Show the logs of containers",
  description: [
    "For containers of `orlop run --detach` or of a kubelet. The " +
    "standard error of a container goes to standard error. A TIME " +
    "is a date, seconds since 1970, or a duration: before now, or, " +
    "for --until, from now.",
  ],
  arguments: [CONTAINERS],
  flags: {
    follow: {
      type: "boolean",
      short: "f",
      help: "Follow the log until the process ends",
    },
    since: { type: "text", value: "TIME", help: "Only lines since this time" },
    until: { type: "text", value: "TIME", help: "Only lines until this time" },
    tail: {
      type: "text",
      value: "LINES",
      default: "all",
      help: "The number of lines at the end",
    },
    timestamps: {
      type: "boolean",
      short: "t",
      help: "Show the time of each line",
    },
    names: {
      type: "boolean",
      short: "n",
      help: "With several logs, show names instead of IDs",
    },
  },
  examples: [
    { line: "orlop logs -f --tail 20 web", does: "The end, then new lines" },
    { line: "orlop logs --since 10m web", does: "Of the last ten minutes" },
  ],
  needs: ["runtime"],
} as const satisfies Command;

/** `orlop wait`. */
export const WAIT = {
  name: "wait",
  module: "container wait",
  summary: "Wait until containers exit, and print their exit codes",
  description: ["255 stands for an unknown exit code."],
  arguments: [CONTAINERS],
  flags: {
    condition: {
      type: "list",
      splits: true,
      value: "STATE",
      help: "The state to wait for: created, running, paused, stopped, " +
        "exited",
    },
    interval: {
      type: "text",
      short: "i",
      value: "TIME",
      help: "No effect",
    },
  },
  needs: ["runtime"],
} as const satisfies Command;

/** `orlop top`. */
export const TOP = {
  name: "top",
  module: "container top",
  summary: "List the processes of a container",
  description: [
    "Accepts podman's descriptors, such as pid, hpid, user, comm, " +
    "args, pcpu, etime, rss, capeff, seccomp, or the %-words of " +
    "ps(1).",
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
  summary: "Show the resource usage of containers",
  description: [
    "Shows all running containers unless some are named, until " +
    "Ctrl-C.",
  ],
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
      help: "No effect: only running containers are shown",
    },
    format: LIST_FLAGS.format,
    "no-trunc": LIST_FLAGS["no-trunc"],
    "no-reset": {
      type: "boolean",
      help: "No effect: the screen is cleared only on a terminal",
    },
  },
  examples: [{
    line: "orlop stats --no-stream --format '{{.Name}} {{.MemUsage}}'",
    does: "The memory of all containers",
  }],
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop pause`. */
export const PAUSE = {
  name: "pause",
  module: "container pause",
  summary: "Pause the processes of containers",
  arguments: [CONTAINERS],
  needs: ["runtime"],
} as const satisfies Command;

/** `orlop unpause`. */
export const UNPAUSE = {
  name: "unpause",
  module: "container unpause",
  summary: "Resume the processes of paused containers",
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
