/** The table of all commands: see `command.ts`. */

import type { Command, FlagTable } from "./command.ts";
import { DEFAULTS, LOG_FORMATS, LOG_LEVELS } from "./input/config.ts";
import { CONFIG_FILE } from "./input/config_file.ts";
import { CONTAINER_COMMANDS } from "./table/container_commands.ts";
import { IMAGE_COMMANDS } from "./table/image_commands.ts";
import { EXPLAIN, LIST_TAGS, MANIFEST_GROUP } from "./table/lookup_commands.ts";
import { LOGIN_COMMANDS } from "./table/login_commands.ts";
import {
  COMPLETE,
  COMPLETION,
  HELP,
  INSPECT,
  VERSION,
} from "./table/other_commands.ts";
import { POD_GROUP } from "./table/pod_commands.ts";
import { SERVE } from "./table/serve_command.ts";
import { STORE_COMMANDS } from "./table/store_commands.ts";

/** Flags that stand before or after any command. */
const GLOBAL_FLAGS = {
  root: {
    type: "text",
    value: "PATH",
    completes: "file",
    help: `The directory of images and containers, instead of $ORLOP_ROOT or ` +
      DEFAULTS.root,
  },
  runroot: {
    type: "text",
    value: "PATH",
    completes: "file",
    help:
      `The directory of mounts and run dirs, instead of $ORLOP_RUNROOT or ` +
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
    help: "The lowest level of messages to show; debug also shows stacks",
  },
  "log-format": {
    type: "text",
    value: "FORMAT",
    choices: LOG_FORMATS,
    help: "The format of messages on stderr",
  },
  "log-file": {
    type: "text",
    value: "PATH",
    completes: "file",
    help: "Also append messages to this file",
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
  summary: "Pull container images, store images and containers, and mount " +
    "their root file systems",
  flags: GLOBAL_FLAGS,
  examples: [
    { line: "orlop pull docker.io/library/busybox", does: "Pull an image" },
    {
      line: "orlop run --rm busybox echo hello",
      does: "Run a command in a container of it",
    },
    {
      line: "orlop container create --pod new:web --name app busybox",
      does: "Make a pod with a container",
    },
    { line: "ls $(orlop start app)", does: "Mount its root, and list it" },
    {
      line: "orlop stop app && orlop pod rm --force web",
      does: "Unmount and remove it",
    },
    { line: "orlop gc --dry-run", does: "See what can be cleaned up" },
  ],
  commands: [
    ...IMAGE_COMMANDS,
    LIST_TAGS,
    EXPLAIN,
    MANIFEST_GROUP,
    ...LOGIN_COMMANDS,
    ...CONTAINER_COMMANDS,
    POD_GROUP,
    SERVE,
    ...STORE_COMMANDS,
    INSPECT,
    VERSION,
    HELP,
    COMPLETION,
    COMPLETE,
  ],
};
