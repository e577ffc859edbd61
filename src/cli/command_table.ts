/** The one table of commands: see `command.ts` for what is made from it. */

import type { Command, FlagTable } from "./command.ts";
import { CONFIG_FILE, DEFAULTS, LOG_FORMATS, LOG_LEVELS } from "./config.ts";
import { COMPLETE, COMPLETION, HELP, VERSION } from "./table/other_commands.ts";

/** Flags that stand before or after any command. */
const GLOBAL_FLAGS = {
  root: {
    type: "text",
    value: "PATH",
    completes: "file",
    help: `Where images and containers are kept, instead of $ORLOP_ROOT or ` +
      DEFAULTS.root,
  },
  runroot: {
    type: "text",
    value: "PATH",
    completes: "file",
    help: `Where mounts and run dirs are, instead of $ORLOP_RUNROOT or ` +
      DEFAULTS.runRoot,
  },
  config: {
    type: "text",
    value: "PATH",
    completes: "file",
    help: `Settings in TOML, instead of ${CONFIG_FILE}`,
  },
  "log-level": {
    type: "text",
    value: "LEVEL",
    choices: LOG_LEVELS,
    help: "Which messages to show; debug shows stacks, too",
  },
  "log-format": {
    type: "text",
    value: "FORMAT",
    choices: LOG_FORMATS,
    help: "How messages look on stderr",
  },
  "log-file": {
    type: "text",
    value: "PATH",
    completes: "file",
    help: "Append messages to a file as well",
  },
  "no-color": { type: "boolean", help: "No colours, as with $NO_COLOR" },
  quiet: {
    type: "boolean",
    short: "q",
    help: "No progress; lists print IDs only",
  },
  help: { type: "boolean", short: "h", help: "Explain the command" },
  version: { type: "boolean", short: "v", help: "Print the version" },
} as const satisfies FlagTable;

/** The root of all commands. */
export const COMMANDS: Command = {
  name: "orlop",
  summary: "Pull container images, keep them and the containers made of " +
    "them, mount their roots",
  flags: GLOBAL_FLAGS,
  commands: [VERSION, HELP, COMPLETION, COMPLETE],
};
