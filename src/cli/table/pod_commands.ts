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
  summary: "Make a pod, and print its ID",
  description: [
    "A pod is what its containers have in common. Its infra container is made " +
    "of an image that comes with orlop, so no registry is needed.",
  ],
  arguments: [{ name: "NAME", isOptional: true }],
  flags: {
    name: { type: "text", short: "n", value: "NAME", help: "The pod's name" },
    id: { type: "text", value: "ID", help: "Its ID; invented if left out" },
    namespace: {
      type: "text",
      value: "NAME",
      help: "The namespace that an orchestrator has it in",
    },
    uid: {
      type: "text",
      value: "UID",
      help: "The ID that an orchestrator knows it by",
    },
    attempt: {
      type: "number",
      value: "N",
      help: "How often it was made before",
    },
    image: {
      type: "text",
      value: "IMAGE",
      help: "For its infra container; pulled if missing",
      completes: "image",
    },
    network: {
      type: "list",
      splits: true,
      value: "NET",
      help:
        "A network of /etc/cni/net.d that its containers share; none: each " +
        "has what it says itself",
    },
    hostname: {
      type: "text",
      value: "NAME",
      help: "Its host name in that network; the pod's name if left out",
    },
    ...NETWORK_FLAGS,
  },
  examples: [
    { line: "orlop pod create web", does: "A pod called web" },
    {
      line: "orlop pod create --network front -p 8080:80 web",
      does: "One with an address, and a port of the host",
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
  summary: "Show all about pods, as JSON",
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
    "those that run go on.",
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
  summary: "End what runs in pods, and unmount their containers",
  arguments: [ANY_PODS],
  flags: { ...ALL_FLAG, ...TIME_FLAG, ...IGNORE_FLAG },
  needs: ["mount", "runtime", "network"],
} as const satisfies Command;

/** `orlop pod kill`. */
export const KILL_POD = {
  name: "kill",
  summary: "Send a signal to what runs in pods",
  arguments: [ANY_PODS],
  flags: { ...ALL_FLAG, ...SIGNAL_FLAG },
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop pod exists`. */
export const POD_EXISTS = {
  name: "exists",
  summary: "Tell by the exit code whether a pod is there",
  description: ["0 if it is, 1 if it is not, 125 if that cannot be told."],
  arguments: [{ ...PODS, isRepeated: false }],
  failureCode: 125,
} as const satisfies Command;

/** `orlop pod rm`. */
export const REMOVE_POD = {
  name: "rm",
  summary: "Remove pods",
  description: [
    "A pod that has containers is refused, unless they may go with it.",
  ],
  arguments: [ANY_PODS],
  flags: {
    ...ALL_FLAG,
    force: {
      type: "boolean",
      short: "f",
      help: "End what runs in it, and remove its containers, too; " +
        "none of that name is fine",
    },
    ...TIME_FLAG,
    ...IGNORE_FLAG,
  },
  needs: ["mount", "runtime", "network"],
} as const satisfies Command;

/** `orlop pod …`. */
export const POD_GROUP: Command = {
  name: "pod",
  summary: "All that can be done with pods",
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
