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
