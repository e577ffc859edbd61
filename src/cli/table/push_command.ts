/** The table's part about pushes. */

import type { Command } from "../command.ts";
import { REFUSED_PUSH_FLAGS } from "./refused_flags.ts";
import { PROGRESS_FLAGS, REGISTRY_FLAGS } from "./shared_flags.ts";

/** `orlop push`. */
export const PUSH = {
  name: "push",
  module: "push",
  summary: "Send an image of the store to a registry, or elsewhere",
  description: [
    "DESTINATION is a name in a registry, or has a transport: docker://NAME, " +
    "oci:DIR[:REF], oci-archive:FILE[:REF], docker-archive:FILE[:NAME], " +
    "dir:DIR. Left out, it is the name that IMAGE was found by.",
    "Blobs that are there already are not sent again. If all layers are still " +
    "where the image came from, manifest and digest stay the same; otherwise " +
    "they are compressed anew, and the image has another digest there.",
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
      help:
        "The manifest's format: OCI's, or Docker's (v2s2 or docker); left " +
        "out, the image's own, or what the registry takes",
    },
    compress: {
      type: "boolean",
      help: "Compress layers also in a directory (dir:)",
    },
    "compression-format": {
      type: "text",
      value: "FORMAT",
      choices: ["gzip", "zstd"],
      help: "How to compress layers, also those that are compressed otherwise",
    },
    "compression-level": {
      type: "number",
      value: "LEVEL",
      help: "How well: 1 to 9 for gzip, 1 to 20 for zstd",
    },
    "force-compression": {
      type: "boolean",
      help: "Do not use layers that are there, but compressed otherwise than " +
        "by --compression-format",
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
      does: "To where its name says",
    },
    {
      line: "orlop push app:1 localhost:5000/app:1",
      does: "To a registry on this machine",
    },
    { line: "orlop push app:1 dir:./app", does: "To a directory" },
  ],
  needs: ["net", "tar"],
} as const satisfies Command;
