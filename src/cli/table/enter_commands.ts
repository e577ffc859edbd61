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
    help: "The keys that detach from it on a terminal; none if empty",
  },
} as const satisfies FlagTable;

/** `orlop exec`. */
export const EXEC = {
  name: "exec",
  module: "container exec",
  summary: "Run a command in a running container",
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
      help: "Connect its standard input",
    },
    tty: { type: "boolean", short: "t", help: "Allocate a terminal for it" },
    detach: {
      type: "boolean",
      short: "d",
      help: "Run it in the background, without its output",
    },
    env: CONTAINER_FLAGS.env,
    "env-file": CONTAINER_FLAGS["env-file"],
    workdir: CONTAINER_FLAGS.workdir,
    user: CONTAINER_FLAGS.user,
    privileged: {
      type: "boolean",
      help: "With all capabilities of orlop",
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
  summary: "Copy files between containers and this machine",
  description: [
    "One side is CONTAINER:PATH, the other a path of this machine, " +
    "or - for a tar archive on standard input or output. Copies " +
    "into an existing directory, or to a new name; DIR/. stands for " +
    "the contents of a directory. Links of a container never lead " +
    "out of it, even while it runs; device nodes are skipped. " +
    "Copies on this machine belong to you, without set-user-ID " +
    "bits.",
  ],
  arguments: [
    { name: "SRC", completes: "file" },
    { name: "DST", completes: "file" },
  ],
  flags: {
    archive: {
      type: "tristate",
      short: "a",
      help: "Copies in a container belong to its user; =false keeps the " +
        "owners",
    },
    pause: {
      type: "boolean",
      help: "No effect: copies are safe without a pause",
    },
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
  summary: "Attach to the standard streams of a detached container",
  description: [
    "Its standard input is connected if it was run with -i. Signals " +
    "to orlop are passed on to it; the third signal that asks for " +
    "the end only ends orlop. On a terminal, ctrl-p,ctrl-q " +
    "detaches.",
  ],
  arguments: [CONTAINER],
  flags: {
    "no-stdin": { type: "boolean", help: "Do not connect its standard input" },
    "sig-proxy": {
      type: "tristate",
      help: "Pass on signals; with =false they end only orlop",
    },
    ...DETACH_KEYS_FLAG,
  },
  needs: ["mount", "runtime", "monitor"],
  signals: "wait",
} as const satisfies Command;
