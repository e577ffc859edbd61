/** The table's part about images. */

import type { Argument, Command } from "../command.ts";
import { LOOK_UP_FLAGS } from "./lookup_commands.ts";
import { COPY, LOAD, SAVE } from "./copy_commands.ts";
import { PUSH } from "./push_command.ts";
import { REFUSED_PULL_FLAGS } from "./refused_flags.ts";
import {
  FILTER_FLAG,
  IGNORE_FLAG,
  INSPECT_FLAGS,
  LIST_FLAGS,
  PROGRESS_FLAGS,
  PULL_FLAGS,
} from "./shared_flags.ts";

const IMAGE: Argument = { name: "IMAGE", completes: "image" };
const IMAGES_ARGUMENT: Argument = { ...IMAGE, isRepeated: true };

/** `orlop pull`. */
export const PULL = {
  name: "pull",
  module: "pull",
  summary: "Pull images from a registry, a file or a directory",
  description: [
    "Prints the ID of each image. Layers that are in the store " +
    "already are not fetched again.",
    "REF is a name (busybox, quay.io/org/app:1.2, name@sha256:...), " +
    "or a reference with a transport: docker://NAME, " +
    "oci:DIRECTORY[:TAG], oci-archive:FILE[:TAG], " +
    "docker-archive:FILE[:NAME]. A number instead of a tag or name, " +
    "as in oci:DIRECTORY:@0, is a position.",
  ],
  arguments: [{ name: "REF", isRepeated: true, completes: "image" }],
  flags: {
    ...PULL_FLAGS,
    ...REFUSED_PULL_FLAGS,
    ...PROGRESS_FLAGS,
  },
  examples: [
    { line: "orlop pull docker.io/library/busybox", does: "From a registry" },
    {
      line: "orlop pull --tls-verify=false localhost:5000/app:1.2",
      does: "From a registry without TLS",
    },
    { line: "orlop pull oci:./layout:latest", does: "From a directory" },
    {
      line: "orlop pull --platform linux/arm64 quay.io/org/app",
      does: "For another machine",
    },
  ],
  needs: ["net", "mount", "tar"],
} as const satisfies Command;

/** `orlop pulls`. */
export const LIST_PULLS = {
  name: "pulls",
  summary: "List the running pulls and their progress",
  description: [
    "Includes pulls of other processes into this store. Their " +
    "progress is at most a second old.",
  ],
  flags: LIST_FLAGS,
  examples: [
    {
      line: "orlop pulls --format '{{.PID}} {{.Image}} {{.Percent}}%'",
      does: "For scripts",
    },
    { line: "orlop pulls --format json", does: "With each layer" },
  ],
} as const satisfies Command;

/** `orlop images`. */
export const LIST_IMAGES = {
  name: "ls",
  aliases: ["list"],
  module: "images",
  summary: "List the images",
  description: [
    "Filters: dangling=true|false, reference=PATTERN (* and ? as in a shell), " +
    "id=PREFIX, digest=PREFIX, label=KEY[=VALUE], before=IMAGE, since=IMAGE, " +
    "until=AGE|TIME, containers=true|false (whether any uses it), " +
    "pinned=true|false.",
  ],
  arguments: [{ name: "NAME", isOptional: true, completes: "image" }],
  flags: {
    all: {
      type: "boolean",
      short: "a",
      help: "No effect: all are always shown",
    },
    digests: { type: "boolean", help: "Show the digests of manifests" },
    sort: {
      type: "text",
      value: "ORDER",
      choices: ["created", "id", "repository", "size", "tag"],
      default: "created",
      help: "The order; created lists the newest first",
    },
    ...FILTER_FLAG,
    ...LIST_FLAGS,
  },
  examples: [
    {
      line: "orlop images --filter dangling=true -q",
      does: "IDs of images without a name",
    },
    {
      line: "orlop images --format '{{.Repository}}:{{.Tag}} {{.Size}}'",
      does: "For scripts",
    },
  ],
} as const satisfies Command;

/** `orlop image inspect`. */
export const INSPECT_IMAGE = {
  name: "inspect",
  module: "image inspect",
  summary: "Show all about images, as JSON or by a template",
  description: [
    "An image with a transport, such as docker://NAME or oci:DIRECTORY[:TAG], " +
    "is looked at where it is, and shown as skopeo inspect does, one at a time; " +
    "nothing is stored.",
  ],
  arguments: [IMAGES_ARGUMENT],
  flags: {
    ...INSPECT_FLAGS,
    ...LOOK_UP_FLAGS,
    config: {
      type: "boolean",
      hides: true,
      help: "With a transport: show the image's config instead; settings are " +
        "named before the command: orlop --config PATH image inspect",
    },
    raw: {
      type: "boolean",
      help: "With a transport: print the manifest (or config) byte for byte",
    },
    "no-tags": {
      type: "boolean",
      short: "n",
      help: "With docker://: ask for no tags",
    },
  },
  examples: [
    {
      line: "orlop image inspect busybox",
      does: "Names, digests, layers, config",
    },
    {
      line: "orlop image inspect --format '{{json .Config.Labels}}' busybox",
      does: "One value of it",
    },
    {
      line: "orlop image inspect docker://quay.io/org/app:1.2",
      does: "Of a registry, before it is pulled",
    },
  ],
  needs: ["net"],
} as const satisfies Command;

/** `orlop image exists`. */
export const IMAGE_EXISTS = {
  name: "exists",
  summary: "Tell by the exit code whether an image is there",
  description: ["0 if it is, 1 if it is not, 125 if that is unknown."],
  arguments: [IMAGE],
  examples: [{
    line: "orlop image exists busybox || orlop pull busybox",
    does: "Pull only what is missing",
  }],
  failureCode: 125,
} as const satisfies Command;

/** `orlop history`. */
export const HISTORY = {
  name: "history",
  module: "history",
  summary: "Show how an image was made",
  arguments: [IMAGE],
  flags: LIST_FLAGS,
} as const satisfies Command;

/** `orlop tag`. */
export const TAG = {
  name: "tag",
  module: "tag",
  summary: "Add names to an image",
  arguments: [IMAGE, { name: "NAME", isRepeated: true }],
  examples: [{
    line: "orlop tag busybox localhost/tools:1",
    does: "A name for this machine",
  }],
} as const satisfies Command;

/** `orlop untag`. */
export const UNTAG = {
  name: "untag",
  module: "untag",
  summary: "Remove names from an image, but keep the image",
  description: ["Without NAME, all its names are removed."],
  arguments: [IMAGE, { name: "NAME", isOptional: true, isRepeated: true }],
} as const satisfies Command;

/** `orlop image pin`. */
export const PIN_IMAGE = {
  name: "pin",
  summary: "Protect images from all cleanups",
  description: [
    "The pin is in the store and survives restarts. Other tools " +
    "preserve it, but do not respect it. To remove a pinned image, " +
    "use --force.",
  ],
  arguments: [{ ...IMAGE, isRepeated: true }],
  examples: [{
    line: "orlop image pin docker.io/library/debian:12",
    does: "Keep a base image, even if no container uses it",
  }],
} as const satisfies Command;

/** `orlop image unpin`. */
export const UNPIN_IMAGE = {
  name: "unpin",
  summary: "Leave images to cleanups again",
  arguments: [{ ...IMAGE, isRepeated: true }],
} as const satisfies Command;

/** `orlop rmi`. */
export const REMOVE_IMAGE = {
  name: "rm",
  module: "rmi",
  summary: "Remove images, or some of their names",
  description: [
    "If an image has several names, only the given one is removed; " +
    "removing its last name, or its ID, removes the image. Images " +
    "that are pinned or used by containers are refused.",
  ],
  arguments: [{ ...IMAGES_ARGUMENT, isOptional: true }],
  flags: {
    all: {
      type: "boolean",
      short: "a",
      help: "All images, instead of those named",
    },
    force: {
      type: "boolean",
      short: "f",
      help: "Remove all its names, and orlop's containers that use it; a " +
        "missing image is no error",
    },
    ...IGNORE_FLAG,
  },
  needs: ["mount", "runtime"],
} as const satisfies Command;

/** `orlop image …`. */
export const IMAGE_GROUP: Command = {
  name: "image",
  summary: "Manage images",
  section: "Images",
  commands: [
    LIST_IMAGES,
    INSPECT_IMAGE,
    IMAGE_EXISTS,
    HISTORY,
    PULL,
    PUSH,
    SAVE,
    LOAD,
    TAG,
    UNTAG,
    PIN_IMAGE,
    UNPIN_IMAGE,
    REMOVE_IMAGE,
  ],
};

const { aliases: _, ...LIST_WITHOUT_ALIASES } = LIST_IMAGES;

/** Those at the top level. */
export const IMAGE_COMMANDS: readonly Command[] = [
  { ...PULL, section: "Images" },
  { ...PUSH, section: "Images" },
  { ...LOAD, section: "Images" },
  { ...LIST_PULLS, section: "Images" },
  { ...LIST_WITHOUT_ALIASES, name: "images", section: "Images" },
  COPY,
  { ...SAVE, section: "Images" },
  { ...HISTORY, section: "Images" },
  { ...TAG, section: "Images" },
  { ...UNTAG, section: "Images" },
  { ...REMOVE_IMAGE, name: "rmi", section: "Images" },
  IMAGE_GROUP,
];
