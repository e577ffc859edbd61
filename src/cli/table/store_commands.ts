/** The table's part about the store as a whole. */

import type { Command } from "../command.ts";
import { formatFlag, REGISTRY_FLAGS } from "./shared_flags.ts";

/** `orlop gc`. */
export const GC = {
  name: "gc",
  summary: "Clean up: remove unused images, containers and leftovers",
  description: [
    "Removes, in this order: leftovers of crashes, old partial " +
    "downloads and unused layers; containers, if requested; images " +
    "without a name; and, if requested, images that no container " +
    "uses, the least recently used first, until enough space is " +
    "free. Suitable for cron.",
    "Keeps everything that is pinned, mounted, being pulled, or " +
    "used by a container of any tool. Other tools' containers are " +
    "never removed. Prints nothing if there is nothing to do.",
  ],
  section: "Store",
  // The OCI runtime knows whether a container of a killed run still runs.
  needs: ["mount", "runtime", "network"],
  flags: {
    "dry-run": { type: "boolean", help: "Only print what would be removed" },
    all: {
      type: "boolean",
      short: "a",
      help: "All images that no container uses, not only those without a name",
    },
    free: {
      type: "text",
      value: "SIZE|PERCENT",
      help: "Remove unused images until this much is free: 20G, 15%",
    },
    high: {
      type: "text",
      value: "PERCENT",
      help: "Do nothing while less than this share of the disk is in use",
    },
    low: {
      type: "text",
      value: "PERCENT",
      help: "Then remove unused images until this share is in use; by " +
        "default --high",
    },
    "older-than": {
      type: "text",
      value: "AGE",
      help: "Only images and containers that were not used for this time: " +
        "7d",
    },
    keep: {
      type: "number",
      value: "N",
      help: "Keep the N newest images of each repository",
    },
    containers: {
      type: "text",
      value: "WHICH",
      choices: ["none", "vanished", "stopped"],
      default: "none",
      help: "Remove containers of killed runs and of removed pods " +
        "(vanished), or also all that are not running or mounted " +
        "(stopped)",
    },
    "leftover-age": {
      type: "text",
      value: "AGE",
      default: "24h",
      help: "The minimum age of partial downloads, layers without an image " +
        "and stopped containers",
    },
    wait: {
      type: "number",
      value: "SECONDS",
      help: "How long to wait for other processes; by default without limit",
    },
    metrics: {
      type: "text",
      value: "FILE",
      completes: "file",
      help: "Write metrics for the text file collector of node_exporter",
    },
    format: {
      type: "text",
      value: "FORMAT",
      default: "text",
      help: "text, json (one line), or a Go template: '{{.Kind}} {{.Name}}'",
      completes: ["text", "json"],
    },
  },
  examples: [
    { line: "orlop gc --dry-run", does: "See what would be removed" },
    {
      line: "orlop gc --all --older-than 30d --keep 2",
      does: "Remove images that were not used for a month, but keep two of " +
        "each repository",
    },
    {
      line: "orlop gc -q --high 85% --low 70% --wait 60",
      does: "In a crontab: 75 means try later; see orlop schedule",
    },
  ],
} as const satisfies Command;

/** `orlop df`. */
export const DF = {
  name: "df",
  summary: "Show the disk usage, and what a cleanup could free",
  description: [
    "Sizes come from the records; only the containers' own layers " +
    "are measured. Reclaimable is what orlop gc --all --containers " +
    "stopped would remove.",
  ],
  section: "Store",
  needs: ["mount", "runtime"],
  flags: {
    verbose: {
      type: "boolean",
      short: "v",
      help: "Show each image and container",
    },
    format: {
      type: "text",
      value: "FORMAT",
      default: "table",
      help: "table, json, or a Go template: '{{.Type}} {{.Reclaimable}}'",
      completes: ["table", "json"],
    },
    "no-trunc": { type: "boolean", help: "Do not shorten IDs or columns" },
  },
} as const satisfies Command;

/** `orlop schedule`. */
export const SCHEDULE = {
  name: "schedule",
  summary: "Print or install a schedule of cleanups for cron or systemd",
  description: [
    "Flags of orlop gc follow after --; without them, only " +
    "leftovers and images without a name are removed. If the store " +
    "is busy, the next run tries again.",
  ],
  section: "Store",
  arguments: [
    { name: "cron|systemd", completes: ["cron", "systemd"] },
    { name: "GC-FLAG", isOptional: true, isRepeated: true },
  ],
  flags: {
    install: { type: "boolean", help: "Install it below /etc" },
    every: {
      type: "text",
      value: "TIME",
      choices: ["hour", "day", "week"],
      default: "day",
      help: "How often",
    },
    at: {
      type: "text",
      value: "HH:MM",
      default: "03:17",
      help: "The time; with --every hour, only the minute counts",
    },
    program: {
      type: "text",
      value: "PATH",
      completes: "file",
      help: "The path of orlop, instead of the one that was called",
    },
  },
  examples: [
    { line: "orlop schedule cron", does: "See the crontab" },
    {
      line: "orlop schedule systemd --install --every hour -- --high 85% " +
        "--low 70%",
      does: "Keep the disk below 85 %, removing the least recently used " +
        "images",
    },
  ],
} as const satisfies Command;

/** `orlop check`. */
export const CHECK = {
  name: "check",
  summary: "Check the store for damage, and repair it",
  description: [
    "Compares records with each other and with the disk: layers and " +
    "their links, items of images, containers, mounts, leftovers. " +
    "--full also reads all content, and compares it with checksums " +
    "and digests. The store can be used meanwhile. The exit code is " +
    "1 if anything is damaged.",
    "The result is stored for orlop doctor and for the next check: " +
    "a damaged layer is read again each time, until it is repaired.",
    "--repair repairs one object at a time: tables from their " +
    "backups and from the disk (the damaged file is kept beside the " +
    "new one), short names, and lost parts of images, which are " +
    "fetched by digest. Mounted layers are not replaced.",
  ],
  section: "Store",
  needs: ["net", "mount", "tar", "runtime"],
  flags: {
    repair: { type: "boolean", help: "Repair what is damaged" },
    "dry-run": { type: "boolean", help: "With --repair: only print the steps" },
    force: {
      type: "boolean",
      help:
        "With --repair: remove orlop's own containers, and unused images, " +
        "that cannot be repaired",
    },
    ...REGISTRY_FLAGS,
    full: { type: "boolean", help: "Also read all content" },
    rate: {
      type: "text",
      value: "SIZE",
      help: "Limit the rate of reading, in bytes per second: 50M",
    },
    "time-limit": {
      type: "text",
      value: "DURATION",
      help: "Begin no further layer after this time: 1h. The next check " +
        "begins with the layers whose last read is longest ago",
    },
    metrics: {
      type: "text",
      value: "FILE",
      completes: "file",
      help: "Write metrics for the text file collector of node_exporter",
    },
    ...formatFlag("'{{.State}} {{.Kind}} {{.ID}}: {{.Fault}}'"),
  },
  examples: [
    { line: "orlop check", does: "After a crash, in a second" },
    {
      line: "orlop check --full --repair --dry-run",
      does: "See what it would do",
    },
    {
      line: "orlop check -q --full --rate 50M --time-limit 1h",
      does: "In a crontab: read a part each night",
    },
  ],
} as const satisfies Command;

/** `orlop doctor`. */
export const DOCTOR = {
  name: "doctor",
  summary: "Examine this machine and the store, and give advice",
  description: [
    "Checks the kernel, overlay mounts, file system, free space, " +
    "cgroups, programs, clock, name servers and proxy; the needs of " +
    "run -d, networks and serve; then the store's locks, mounts and " +
    "leftovers, the last cleanup, and the permissions of this " +
    "process. It makes a test mount, and changes nothing. The exit " +
    "code is 1 if something will not work.",
    "It uses no network, and does not see other mount namespaces.",
  ],
  section: "Store",
  needs: ["mount", "tar", "runtime", "monitor", "network", "fuser"],
  flags: formatFlag("'{{.State}} {{.Check}}: {{.Found}}'"),
  examples: [
    {
      line: "orlop doctor",
      does: "Before the first pull, or to find a problem",
    },
    {
      line: "orlop doctor -f json | jq '.[] | select(.state != \"ok\")'",
      does: "For monitoring: only problems",
    },
  ],
} as const satisfies Command;

/** All of them. */
export const STORE_COMMANDS: readonly Command[] = [
  GC,
  DF,
  CHECK,
  DOCTOR,
  SCHEDULE,
];
