/** The table's part about what is elsewhere, and not pulled. */

import type { Command, FlagTable } from "../command.ts";
import { formatFlag, PULL_FLAGS, REGISTRY_FLAGS } from "./shared_flags.ts";

/** How to look at one image of a registry. */
export const LOOK_UP_FLAGS = {
  ...REGISTRY_FLAGS,
  platform: PULL_FLAGS.platform,
} as const satisfies FlagTable;

/** `orlop manifest inspect`. */
export const INSPECT_MANIFEST = {
  name: "inspect",
  summary: "Show the manifest or index of an image",
  description: [
    "Prints the original, with line breaks. A name refers to a list " +
    "that podman or buildah made in this store, if there is one, " +
    "otherwise to an image in a registry; with a transport, such as " +
    "oci:DIRECTORY[:TAG], to an image elsewhere.",
  ],
  arguments: [{ name: "REF", completes: "image" }],
  flags: REGISTRY_FLAGS,
  examples: [{
    line: "orlop manifest inspect docker.io/library/busybox",
    does: "The platforms of an image",
  }],
  needs: ["net"],
} as const satisfies Command;

/** `orlop manifest …`. */
export const MANIFEST_GROUP: Command = {
  name: "manifest",
  summary: "Show manifests and indexes",
  section: "Images",
  commands: [INSPECT_MANIFEST],
};

/** `orlop tags`. */
export const LIST_TAGS = {
  name: "tags",
  summary: "List the tags of a repository",
  description: [
    "REPOSITORY is a name without a tag: busybox, quay.io/org/app, " +
    "docker://quay.io/org/app. Mirrors are not asked.",
  ],
  section: "Images",
  arguments: [{ name: "REPOSITORY" }],
  flags: {
    ...REGISTRY_FLAGS,
    ...formatFlag("'{{.Repository}}'"),
    limit: {
      type: "number",
      value: "N",
      help: "Only the first N",
    },
  },
  examples: [
    { line: "orlop tags quay.io/org/app", does: "One on each line" },
    {
      line: "orlop tags --format json --limit 10 docker.io/library/debian",
      does: "As skopeo list-tags prints them",
    },
  ],
  needs: ["net"],
} as const satisfies Command;

/** `orlop explain`. */
export const EXPLAIN = {
  name: "explain",
  summary: "Show how a reference is resolved, and by which files",
  description: [
    "Shows the candidates for a short name; the endpoints that are " +
    "requested, in their order; and for each its mirror entry, " +
    "certificates, proxy, and the source of its login (but not the " +
    "login). Nothing is fetched.",
    "With --probe each endpoint is asked whether it has the image. " +
    "The exit code is 0 if one has it, 3 if none does, 5 or 6 if an " +
    "endpoint is blocked or fails.",
  ],
  section: "Images",
  arguments: [{ name: "REF", completes: "image" }],
  flags: {
    ...LOOK_UP_FLAGS,
    probe: { type: "boolean", help: "Ask each endpoint if it has the image" },
    format: {
      type: "text",
      value: "FORMAT",
      choices: ["text", "json"],
      default: "text",
      help: "text for people, json for programs",
    },
  },
  examples: [
    { line: "orlop explain busybox", does: "How a short name is resolved" },
    {
      line: "orlop explain --probe quay.io/org/app:1.2",
      does: "Whether mirrors and logins work",
    },
  ],
  needs: ["net"],
} as const satisfies Command;
