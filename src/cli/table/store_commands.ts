/** The table's part about the store as a whole. */

import type { Command } from "../command.ts";

/** `orlop gc`. */
export const GC = {
  name: "gc",
  summary: "Remove what nobody needs; made for cron",
  description: [
    "Goes: what crashes left, layers that belong to nothing, images without a " +
    "name. Stays: all that has a name, or that a container uses. Says nothing " +
    "if there is nothing to do.",
  ],
  section: "Store",
  flags: {
    "dry-run": { type: "boolean", help: "Only print what would go" },
    "layer-age": {
      type: "text",
      value: "AGE",
      default: "24h",
      help: "How old a layer without an image must be: younger ones may be " +
        "of a pull that is under way",
    },
    wait: {
      type: "number",
      value: "SECONDS",
      help: "How long to wait for others to finish; for ever if left out",
    },
    format: {
      type: "text",
      value: "FORMAT",
      choices: ["text", "json"],
      default: "text",
      help: "How to print it",
    },
  },
  examples: [
    { line: "orlop gc --dry-run", does: "See what would go" },
    { line: "orlop gc --wait 60", does: "In a crontab: 75 means try later" },
  ],
} as const satisfies Command;

/** `orlop df`. */
export const DF = {
  name: "df",
  summary: "Show what uses the disk",
  section: "Store",
  flags: {
    verbose: { type: "boolean", short: "v", help: "Each image and container" },
    format: {
      type: "text",
      value: "FORMAT",
      choices: ["table", "json"],
      default: "table",
      help: "How to show it",
    },
    "no-trunc": { type: "boolean", help: "Do not shorten IDs or columns" },
  },
} as const satisfies Command;

/** All of them. */
export const STORE_COMMANDS: readonly Command[] = [GC, DF];
