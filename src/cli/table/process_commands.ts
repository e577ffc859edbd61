/** The table's part about what runs in containers. */

import type { Argument, Command } from "../command.ts";

const CONTAINERS: Argument = {
  name: "CONTAINER",
  completes: "container",
  isRepeated: true,
};

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

/** Those that are found at the top level, and in the group of containers. */
export const PROCESS_COMMANDS: readonly Command[] = [LOGS, WAIT];
