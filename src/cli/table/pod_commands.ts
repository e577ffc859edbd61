/** The table's part about pods. */

import type { Argument, Command } from "../command.ts";
import { NETWORK_FLAGS } from "./network_flags.ts";
import {
  ALL_FLAG,
  FILTER_FLAG,
  IGNORE_FLAG,
  INSPECT_FLAGS,
  LIST_FLAGS,
  SIGNAL_FLAG,
  TIME_FLAG,
} from "./shared_flags.ts";

const PODS: Argument = { name: "POD", isRepeated: true, completes: "pod" };
const ANY_PODS: Argument = { ...PODS, isOptional: true };

/** `orlop pod create`. */
export const CREATE_POD = {
  name: "create",
  summary: "Create a pod, and print its ID",
  description: [
    "A pod is a group of containers. Its infra container is made " +
    "from an image that is part of orlop, so no registry is needed.",
  ],
  arguments: [{ name: "NAME", isOptional: true }],
  flags: {
    name: { type: "text", short: "n", value: "NAME", help: "The pod's name" },
    id: { type: "text", value: "ID", help: "The ID; random by default" },
    namespace: {
      type: "text",
      value: "NAME",
      help: "The namespace of an orchestrator",
    },
    uid: {
      type: "text",
      value: "UID",
      help: "The ID of an orchestrator",
    },
    attempt: {
      type: "number",
      value: "N",
      help: "The number of earlier attempts",
    },
    image: {
      type: "text",
      value: "IMAGE",
      help: "The image of its infra container; pulled if missing",
      completes: "image",
    },
    network: {
      type: "list",
      splits: true,
      value: "NET",
      help: "A network of /etc/cni/net.d for all its containers; none: each " +
        "container has its own setting",
    },
    hostname: {
      type: "text",
      value: "NAME",
      help: "The host name in that network; by default the pod's name",
    },
    ...NETWORK_FLAGS,
  },
  examples: [
    { line: "orlop pod create web", does: "A pod with the name web" },
    {
      line: "orlop pod create --network front -p 8080:80 web",
      does: "A pod in a network, with a published port",
    },
  ],
  needs: ["net", "mount", "tar", "network", "sandbox"],
} as const satisfies Command;

/** `orlop pod ls`. */
export const LIST_PODS = {
  name: "ls",
  aliases: ["list", "ps"],
  summary: "List the pods",
  description: ["Filters: name=PATTERN, id=PREFIX, namespace=NAME."],
  flags: { ...FILTER_FLAG, ...LIST_FLAGS },
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop pod inspect`. */
export const INSPECT_POD = {
  name: "inspect",
  summary: "Show details of pods, as JSON",
  arguments: [PODS],
  flags: INSPECT_FLAGS,
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop pod start`. */
export const START_POD = {
  name: "start",
  summary: "Run the containers of pods, detached",
  description: [
    "Each as `orlop run --detach` would, in the order in which they were made; " +
    "running ones are skipped.",
  ],
  arguments: [ANY_PODS],
  flags: ALL_FLAG,
  examples: [{
    line: "orlop pod start web",
    does: "What orlop container create --pod web has made",
  }],
  needs: ["mount", "runtime", "monitor"],
} as const satisfies Command;

/** `orlop pod stop`. */
export const STOP_POD = {
  name: "stop",
  summary: "Stop the processes of pods, and unmount their containers",
  arguments: [ANY_PODS],
  flags: { ...ALL_FLAG, ...TIME_FLAG, ...IGNORE_FLAG },
  needs: ["mount", "runtime", "network"],
} as const satisfies Command;

/** `orlop pod kill`. */
export const KILL_POD = {
  name: "kill",
  summary: "Send a signal to the processes of pods",
  arguments: [ANY_PODS],
  flags: { ...ALL_FLAG, ...SIGNAL_FLAG },
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop pod exists`. */
export const POD_EXISTS = {
  name: "exists",
  summary: "Show by the exit code whether a pod exists",
  description: ["0 if it is, 1 if it is not, 125 if that is unknown."],
  arguments: [{ ...PODS, isRepeated: false }],
  failureCode: 125,
} as const satisfies Command;

/** `orlop pod rm`. */
export const REMOVE_POD = {
  name: "rm",
  summary: "Remove pods",
  description: [
    "A pod with containers is refused without --force.",
  ],
  arguments: [ANY_PODS],
  flags: {
    ...ALL_FLAG,
    force: {
      type: "boolean",
      short: "f",
      help: "End its processes, and also remove its containers; a missing " +
        "pod is no error",
    },
    ...TIME_FLAG,
    ...IGNORE_FLAG,
  },
  needs: ["mount", "runtime", "network"],
} as const satisfies Command;

/** `orlop pod …`. */
export const POD_GROUP: Command = {
  name: "pod",
  summary: "Manage pods",
  section: "Pods and containers",
  commands: [
    CREATE_POD,
    LIST_PODS,
    INSPECT_POD,
    POD_EXISTS,
    START_POD,
    STOP_POD,
    KILL_POD,
    REMOVE_POD,
  ],
};
