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
  summary: "Run a command in a new container, attached or detached",
  description: [
    "Pulls the image if it is missing, creates a pod and a " +
    "container, mounts its root, runs it by runc or crun, and " +
    "unmounts it at the end. The exit code is the command's own; " +
    "125 if orlop failed.",
    "With --detach it runs in the background under conmon, and its " +
    "ID is printed: `orlop logs` shows its output, `orlop stop` " +
    "stops it.",
    "All other settings are podman's defaults: its capabilities, " +
    "its seccomp profile (/etc/containers/seccomp.json or " +
    "/usr/share/containers/seccomp.json, if there), 2048 processes " +
    "at most.",
  ],
  arguments: IMAGE_AND_COMMAND,
  stopsAtFirstArgument: true,
  flags: {
    ...CONTAINER_FLAGS,
    detach: {
      type: "boolean",
      short: "d",
      help: "Run in the background, and print the ID",
    },
    rm: {
      type: "boolean",
      help: "Remove the container and its pod at the end",
    },
    interactive: {
      type: "boolean",
      short: "i",
      help: "Connect its standard input",
    },
    runtime: {
      type: "text",
      value: "PROGRAM",
      help: "The OCI runtime; by default runc, or crun",
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
      does: "With limits, and without capabilities",
    },
  ],
  needs: ["net", "mount", "tar", "runtime", "monitor", "network", "sandbox"],
  failureCode: 125,
  signals: "wait",
} as const satisfies Command;

/** `orlop container create`. */
export const CREATE_CONTAINER = {
  name: "create",
  summary: "Create a container from an image, and print its ID",
  description: [
    "No process is started and nothing is mounted: see `orlop " +
    "start`. The OCI configuration is stored as a template: see " +
    "`orlop container dirs`.",
  ],
  arguments: IMAGE_AND_COMMAND,
  stopsAtFirstArgument: true,
  flags: {
    ...CONTAINER_FLAGS,
    detach: refused("nothing runs yet; use orlop run --detach", {
      ...{ type: "boolean", short: "d" },
    }),
    id: { type: "text", value: "ID", help: "The ID; random by default" },
    "metadata-name": {
      type: "text",
      value: "NAME",
      help: "The name in its metadata; by default its name",
    },
    attempt: {
      type: "number",
      value: "N",
      help: "The number of earlier attempts",
    },
    "mount-label": {
      type: "text",
      value: "LABEL",
      help: "The SELinux label of its root",
    },
  },
  examples: [{
    line: "orlop container create --pod web --name app busybox sleep 60",
    does: "In an existing pod",
  }],
  needs: ["mount"],
} as const satisfies Command;
