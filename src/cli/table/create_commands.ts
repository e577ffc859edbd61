/** The table's part about what makes containers. */

import type { Argument, Command } from "../command.ts";
import { CONTAINER_FLAGS } from "./container_flags.ts";
import { refused } from "./refused_flags.ts";
import { PROGRESS_FLAGS, PULL_FLAGS } from "./shared_flags.ts";

const IMAGE_AND_COMMAND = [
  { name: "IMAGE", completes: "image" },
  { name: "CMD", isOptional: true, isRepeated: true },
] as const satisfies readonly Argument[];

/** `orlop run`. */
export const RUN = {
  name: "run",
  summary: "Run a command in a new container, to its end or detached",
  description: [
    "Pulls the image if it is missing, makes a pod and a container, mounts " +
    "its root, hands it to runc or crun, and unmounts it at the end. The " +
    "exit code is the command's own; 125 if orlop failed.",
    "With --detach it goes on by itself, watched by conmon, and its ID is " +
    "printed: `orlop logs` shows what it writes, `orlop stop` ends it.",
    "What nothing is said of is as in podman: its few rights of root, its " +
    "seccomp profile (/etc/containers/seccomp.json or " +
    "/usr/share/containers/seccomp.json, if there), 2048 processes at most.",
  ],
  arguments: IMAGE_AND_COMMAND,
  stopsAtFirstArgument: true,
  flags: {
    ...CONTAINER_FLAGS,
    detach: {
      type: "boolean",
      short: "d",
      help: "Do not wait for its end, and print its ID",
    },
    rm: { type: "boolean", help: "Remove container and pod at the end" },
    interactive: {
      type: "boolean",
      short: "i",
      help: "Connect its standard input to orlop's",
    },
    runtime: {
      type: "text",
      value: "PROGRAM",
      help: "The OCI runtime, instead of runc, or else crun",
    },
    pull: {
      type: "text",
      value: "WHEN",
      choices: ["missing", "always", "newer", "never"],
      default: "missing",
      help: "When to pull the image",
    },
    ...PULL_FLAGS,
    ...PROGRESS_FLAGS,
  },
  examples: [
    { line: "orlop run --rm busybox echo hello", does: "One command" },
    {
      line: "orlop run --rm -it docker.io/library/debian:12 bash",
      does: "A shell",
    },
    {
      line: "orlop run -d --name web registry.lan:5000/web:1",
      does: "A service, in the background",
    },
    {
      line: "orlop run --rm -v /srv/data:/data:ro busybox ls /data",
      does: "With a directory of the host",
    },
    {
      line: "orlop run --rm -m 512m --cpus 1.5 --read-only --cap-drop ALL " +
        "busybox id",
      does: "With less of the machine, and no rights",
    },
  ],
  needs: ["net", "mount", "tar", "runtime", "monitor", "network", "sandbox"],
  failureCode: 125,
  signals: "wait",
} as const satisfies Command;

/** `orlop container create`. */
export const CREATE_CONTAINER = {
  name: "create",
  summary: "Make a container of an image, and print its ID",
  description: [
    "Nothing runs and nothing is mounted; `orlop start` does that. The OCI " +
    "configuration is kept as a template: see `orlop container dirs`.",
  ],
  arguments: IMAGE_AND_COMMAND,
  stopsAtFirstArgument: true,
  flags: {
    ...CONTAINER_FLAGS,
    detach: refused("nothing runs yet; use orlop run --detach", {
      ...{ type: "boolean", short: "d" },
    }),
    id: { type: "text", value: "ID", help: "Its ID; invented if left out" },
    "metadata-name": {
      type: "text",
      value: "NAME",
      help: "What an orchestrator calls it; its name if left out",
    },
    attempt: {
      type: "number",
      value: "N",
      help: "How often it was made before",
    },
    "mount-label": {
      type: "text",
      value: "LABEL",
      help: "The SELinux label of its root",
    },
  },
  examples: [{
    line: "orlop container create --pod web --name app busybox sleep 60",
    does: "In a pod that is there",
  }],
  needs: ["mount"],
} as const satisfies Command;
