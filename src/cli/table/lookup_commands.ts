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
  summary: "Show the manifest or index that a name stands for",
  description: [
    "As it is there, with line breaks. A name means a list that podman or buildah " +
    "made in this store, if there is one, else an image in a registry; with a " +
    "transport, such as oci:DIRECTORY[:TAG], an image elsewhere.",
  ],
  arguments: [{ name: "REF", completes: "image" }],
  flags: REGISTRY_FLAGS,
  examples: [{
    line: "orlop manifest inspect docker.io/library/busybox",
    does: "Which platforms it is for",
  }],
  needs: ["net"],
} as const satisfies Command;

/** `orlop manifest …`. */
export const MANIFEST_GROUP: Command = {
  name: "manifest",
  summary: "What images are made of, for which platforms",
  section: "Images",
  commands: [INSPECT_MANIFEST],
};

/** `orlop tags`. */
export const LIST_TAGS = {
  name: "tags",
  summary: "List the tags that a repository has",
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
      help: "The first N only; all if left out",
    },
  },
  examples: [
    { line: "orlop tags quay.io/org/app", does: "One a line" },
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
  summary: "Show where a name leads, and which file says so",
  description: [
    "What a short name may stand for; the places that are asked for it, in their " +
    "order; and for each its mirror's entry, certificates, proxy, and where its " +
    "login is from, which is not shown. Nothing is fetched.",
    "With --probe each place is asked whether it has the image. The exit code is " +
    "0 if one has it, 3 if none does, 5 or 6 if a place is blocked or fails.",
  ],
  section: "Images",
  arguments: [{ name: "REF", completes: "image" }],
  flags: {
    ...LOOK_UP_FLAGS,
    probe: { type: "boolean", help: "Ask each place if it has the image" },
    format: {
      type: "text",
      value: "FORMAT",
      choices: ["text", "json"],
      default: "text",
      help: "text for people, json for programs",
    },
  },
  examples: [
    { line: "orlop explain busybox", does: "Why it comes from where" },
    {
      line: "orlop explain --probe quay.io/org/app:1.2",
      does: "Whether mirrors and logins work",
    },
  ],
  needs: ["net"],
} as const satisfies Command;
