/** The table's part about commands that reach into containers that run. */

import type { Argument, Command, FlagTable } from "../command.ts";
import { DETACH_KEYS } from "../input/detach_keys.ts";
import { CONTAINER_FLAGS } from "./container_flags.ts";

const CONTAINER: Argument = { name: "CONTAINER", completes: "container" };

const DETACH_KEYS_FLAG = {
  "detach-keys": {
    type: "text",
    value: "KEYS",
    default: DETACH_KEYS,
    help: "What leaves it when it is typed on a terminal; none if empty",
  },
} as const satisfies FlagTable;

/** `orlop exec`. */
export const EXEC = {
  name: "exec",
  module: "container exec",
  summary: "Run a command in a container that runs",
  description: [
    "The exit code is the command's own; 125 if orlop failed, 126 if it cannot " +
    "be executed, 127 if there is no such command. Ctrl-C ends it.",
  ],
  arguments: [CONTAINER, { name: "CMD", isRepeated: true }],
  stopsAtFirstArgument: true,
  flags: {
    interactive: {
      type: "boolean",
      short: "i",
      help: "Connect its standard input to orlop's",
    },
    tty: { type: "boolean", short: "t", help: "It gets a terminal of its own" },
    detach: {
      type: "boolean",
      short: "d",
      help: "Do not wait for its end; nobody sees what it writes",
    },
    env: CONTAINER_FLAGS.env,
    "env-file": CONTAINER_FLAGS["env-file"],
    workdir: CONTAINER_FLAGS.workdir,
    user: CONTAINER_FLAGS.user,
    privileged: {
      type: "boolean",
      help: "With all rights of root that orlop has",
    },
    ...DETACH_KEYS_FLAG,
  },
  examples: [
    { line: "orlop exec web ps", does: "One command" },
    { line: "orlop exec -it web sh", does: "A shell" },
  ],
  needs: ["mount", "runtime", "monitor"],
  failureCode: 125,
} as const satisfies Command;

/** `orlop cp`. */
export const COPY_FILES = {
  name: "cp",
  module: "container cp",
  summary: "Copy files into containers, or out of them",
  description: [
    "One side is CONTAINER:PATH, the other a path of this machine, or - for an " +
    "archive of tar's on standard input or output. Into a directory that is there, " +
    "or to a new name; DIR/. stands for what is in a directory. Links of a container " +
    "never lead out of it, also while it runs; device nodes are left out. Copies on " +
    "this machine are yours, without set-user-ID bits.",
  ],
  arguments: [
    { name: "SRC", completes: "file" },
    { name: "DST", completes: "file" },
  ],
  flags: {
    archive: {
      type: "tristate",
      short: "a",
      help: "Copies in a container are its user's; =false keeps their owners",
    },
    pause: { type: "boolean", help: "No effect: it is safe without, too" },
    overwrite: { type: "boolean", help: "No effect: files are replaced" },
  },
  examples: [
    {
      line: "orlop cp app.conf web:/etc/app/",
      does: "A file, into a directory",
    },
    { line: "orlop cp web:/var/log - > log.tar", does: "As an archive" },
  ],
  needs: ["mount", "tar", "runtime", "files"],
} as const satisfies Command;

/** `orlop attach`. */
export const ATTACH = {
  name: "attach",
  module: "container attach",
  summary: "See and type what a detached container writes and reads",
  description: [
    "What it reads it gets if it was run with -i. Signals that orlop gets are " +
    "sent to it; the third that asks for the end ends orlop alone. On a " +
    "terminal ctrl-p,ctrl-q leaves it.",
  ],
  arguments: [CONTAINER],
  flags: {
    "no-stdin": { type: "boolean", help: "Let it read nothing" },
    "sig-proxy": {
      type: "tristate",
      help: "Send it the signals that orlop gets; =false to end orlop alone",
    },
    ...DETACH_KEYS_FLAG,
  },
  needs: ["mount", "runtime", "monitor"],
  signals: "wait",
} as const satisfies Command;
