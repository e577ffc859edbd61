/** The table's part about pushes. */

import type { Command } from "../command.ts";
import { REFUSED_PUSH_FLAGS } from "./refused_flags.ts";
import { PROGRESS_FLAGS, REGISTRY_FLAGS } from "./shared_flags.ts";

/** `orlop push`. */
export const PUSH = {
  name: "push",
  module: "push",
  summary: "Push an image of the store to a registry, a file or a " +
    "directory",
  description: [
    "DESTINATION is a name in a registry, or has a transport: " +
    "docker://NAME, oci:DIR[:REF], oci-archive:FILE[:REF], " +
    "docker-archive:FILE[:NAME], dir:DIR. If omitted, it is the " +
    "name that IMAGE was found by.",
    "Blobs that the registry has already are not sent. If it can " +
    "reuse all layers, manifest and digest stay the same; otherwise " +
    "layers are compressed again, and the image gets another digest " +
    "there.",
  ],
  arguments: [
    { name: "IMAGE", completes: "image" },
    { name: "DESTINATION", isOptional: true, completes: "image" },
  ],
  flags: {
    ...REGISTRY_FLAGS,
    format: {
      type: "text",
      short: "f",
      value: "FORMAT",
      choices: ["oci", "v2s2", "docker"],
      help: "The format of the manifest: OCI's, or Docker's (v2s2 or " +
        "docker); if omitted, the image's own, or one that the registry " +
        "accepts",
    },
    compress: {
      type: "boolean",
      help: "Compress layers also in a directory (dir:)",
    },
    "compression-format": {
      type: "text",
      value: "FORMAT",
      choices: ["gzip", "zstd"],
      help: "The compression of layers; those with another one are " +
        "compressed again",
    },
    "compression-level": {
      type: "number",
      value: "LEVEL",
      help: "The level: 1 to 9 for gzip, 1 to 20 for zstd",
    },
    "force-compression": {
      type: "boolean",
      help: "Do not reuse layers that are there with another compression " +
        "than --compression-format",
    },
    digestfile: {
      type: "text",
      value: "PATH",
      help: "Write the digest of the pushed image to a file",
      completes: "file",
    },
    "remove-signatures": {
      type: "boolean",
      help: "No effect: orlop sends no signatures",
    },
    ...PROGRESS_FLAGS,
    ...REFUSED_PUSH_FLAGS,
  },
  examples: [
    {
      line: "orlop push quay.io/org/app:1.2",
      does: "To the registry in its name",
    },
    {
      line: "orlop push app:1 localhost:5000/app:1",
      does: "To a registry on this machine",
    },
    { line: "orlop push app:1 dir:./app", does: "To a directory" },
  ],
  needs: ["net", "tar"],
} as const satisfies Command;
