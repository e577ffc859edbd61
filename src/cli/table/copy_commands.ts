/** The table's part about images that go from one place to another. */

import type { Command, FlagTable } from "../command.ts";
import { REFUSED_COPY_FLAGS } from "./refused_flags.ts";
import { PROGRESS_FLAGS, PULL_FLAGS } from "./shared_flags.ts";

/** How to reach the registries at both ends. */
const ENDS_FLAGS = {
  authfile: {
    type: "text",
    value: "PATH",
    help: "The file of credentials, instead of $REGISTRY_AUTH_FILE",
    completes: "file",
  },
  "src-authfile": {
    type: "text",
    value: "PATH",
    help: "The same, only for the source",
    completes: "file",
  },
  "dest-authfile": {
    type: "text",
    value: "PATH",
    help: "The same, only for the destination",
    completes: "file",
  },
  "src-creds": {
    type: "text",
    value: "USER[:PASSWORD]",
    help: "Credentials for the source; asks for the password if it is " +
      "omitted",
  },
  "dest-creds": {
    type: "text",
    value: "USER[:PASSWORD]",
    help: "Credentials for the destination, likewise",
  },
  "src-cert-dir": {
    type: "text",
    value: "PATH",
    help: "Certificates (*.crt, *.cert, *.key) for the source",
    completes: "file",
  },
  "dest-cert-dir": {
    type: "text",
    value: "PATH",
    help: "Certificates for the destination",
    completes: "file",
  },
  "src-tls-verify": {
    type: "tristate",
    help: "Require HTTPS at the source; =false also allows HTTP",
  },
  "dest-tls-verify": {
    type: "tristate",
    help: "Require HTTPS at the destination; =false also allows HTTP",
  },
} as const satisfies FlagTable;

/** In which form an image is written. */
export const FORM_FLAGS = {
  format: {
    type: "text",
    short: "f",
    value: "FORMAT",
    choices: ["oci", "v2s2"],
    help: "Convert the manifest to OCI's format, or to Docker's",
  },
  "dest-compress-format": {
    type: "text",
    value: "FORMAT",
    choices: ["gzip", "zstd"],
    help: "The compression of layers; those with another one are " +
      "compressed again",
  },
  "dest-compress-level": {
    type: "number",
    value: "LEVEL",
    help: "The level: 1 to 9 for gzip, 1 to 20 for zstd",
  },
  "dest-compress": {
    type: "boolean",
    help: "Compress uncompressed layers, also in a directory",
  },
  "dest-decompress": {
    type: "boolean",
    help: "Decompress layers",
  },
  "dest-oci-accept-uncompressed-layers": {
    type: "boolean",
    help: "Keep uncompressed layers",
  },
  "preserve-digests": {
    type: "boolean",
    help: "Fail if a digest would change",
  },
} as const satisfies FlagTable;

/** `orlop copy`. */
export const COPY = {
  name: "copy",
  module: "copy",
  summary: "Copy an image between registries, stores, archives and " +
    "directories",
  description: [
    "Prints the digest of the image at the destination. Nothing is " +
    "converted without need: a manifest keeps its digest if its " +
    "layers can be copied unchanged.",
    "SRC and DST are docker://NAME, containers-storage:NAME, " +
    "containers-storage:[overlay@ROOT+RUNROOT]NAME, oci:DIR[:REF], " +
    "oci-archive:FILE[:REF], docker-archive:FILE[:NAME] or dir:DIR.",
  ],
  section: "Images",
  arguments: [{ name: "SRC" }, { name: "DST" }],
  flags: {
    all: {
      type: "boolean",
      short: "a",
      help: "Copy all images of an index, and the index",
    },
    "multi-arch": {
      type: "text",
      value: "WHICH",
      choices: ["system", "all", "index-only"],
      help: "Which images of an index to copy; with index-only they must be " +
        "at the destination already",
    },
    platform: {
      type: "text",
      value: "OS/ARCH[/VARIANT]",
      help: "The image of an index, instead of the one for this machine",
    },
    ...FORM_FLAGS,
    "additional-tag": {
      type: "list",
      value: "NAME",
      help: "A further name at the destination, if it supports several",
    },
    ...ENDS_FLAGS,
    digestfile: {
      type: "text",
      value: "PATH",
      help: "Write the digest to a file",
      completes: "file",
    },
    ...PROGRESS_FLAGS,
    "remove-signatures": {
      type: "boolean",
      help: "No effect: orlop copies no signatures",
    },
    ...REFUSED_COPY_FLAGS,
  },
  examples: [
    {
      line: "orlop copy docker://docker.io/library/busybox oci:./layout:1",
      does: "To a directory, for a host without a network",
    },
    {
      line:
        "orlop copy --all docker://quay.io/org/app docker://mirror:5000/app",
      does: "For all platforms, from one registry to another",
    },
    {
      line: "orlop copy containers-storage:localhost/app:1 dir:./app",
      does: "From the store",
    },
  ],
  needs: ["net", "mount", "tar"],
} as const satisfies Command;

/** `orlop save`. */
export const SAVE = {
  name: "save",
  module: "save",
  summary: "Write images of the store to a file or to standard output",
  description: [
    "Layers are written as the original archives, byte for byte. " +
    "Only a docker-archive can hold several images.",
  ],
  arguments: [{ name: "IMAGE", isRepeated: true, completes: "image" }],
  flags: {
    output: {
      type: "text",
      short: "o",
      value: "PATH",
      help: "The file or directory, instead of standard output",
      completes: "file",
    },
    format: {
      type: "text",
      value: "FORMAT",
      choices: ["docker-archive", "oci-archive", "oci-dir", "docker-dir"],
      default: "docker-archive",
      help: "An archive, or a directory",
    },
    compress: {
      type: "boolean",
      help: "Compress the layers of a docker-dir",
    },
    uncompressed: {
      type: "boolean",
      help: "Do not compress the layers of an OCI format",
    },
    "multi-image-archive": {
      type: "boolean",
      short: "m",
      help: "Treat all arguments as images, none as a further name",
    },
    ...PROGRESS_FLAGS,
  },
  examples: [
    { line: "orlop save -o app.tar app:1", does: "An archive for docker load" },
    {
      line: "orlop save app:1 | ssh host orlop load",
      does: "To another host",
    },
    {
      line: "orlop save --format oci-dir -o ./layout app:1",
      does: "As an OCI layout",
    },
  ],
  needs: ["tar"],
} as const satisfies Command;

/** `orlop load`. */
export const LOAD = {
  name: "load",
  module: "load",
  summary: "Load images from an archive, without a network",
  description: [
    "Prints the names of the images. FILE is an archive of docker " +
    "save, podman save or skopeo, of any format and compression, or " +
    "a directory with an OCI layout. The images get the names in " +
    "the archive; other images that have such a name lose it.",
  ],
  flags: {
    input: {
      type: "text",
      short: "i",
      value: "FILE",
      help: "Read this file instead of standard input",
      completes: "file",
    },
    "ignore-space": PULL_FLAGS["ignore-space"],
    ...PROGRESS_FLAGS,
  },
  examples: [
    { line: "orlop load -i images.tar.gz", does: "All images of an archive" },
    {
      line: "ssh HOST podman save app:1 | orlop load",
      does: "From another machine",
    },
  ],
  needs: ["tar"],
} as const satisfies Command;
