/** The table's part about the store as a whole. */

import type { Command } from "../command.ts";
import { formatFlag, REGISTRY_FLAGS } from "./shared_flags.ts";

/** `orlop gc`. */
export const GC = {
  name: "gc",
  summary: "Remove what nobody needs; made for cron",
  description: [
    "Removes, in this order: what crashes left, old downloads and layers that " +
    "belong to nothing; containers, if asked for; images without a name; and, " +
    "if asked for, images that no container uses, the least recently used " +
    "first, until there is as much room as wanted.",
    "Keeps: what is pinned, mounted, being pulled, or used by a container of " +
    "whatever tool. Other tools' containers are never removed. Says nothing " +
    "if there is nothing to do.",
  ],
  section: "Store",
  // The OCI runtime knows whether a container of a killed run still runs.
  needs: ["mount", "runtime", "network"],
  flags: {
    "dry-run": { type: "boolean", help: "Only print what would go" },
    all: {
      type: "boolean",
      short: "a",
      help: "All images that no container uses, not only those without a name",
    },
    free: {
      type: "text",
      value: "SIZE|PERCENT",
      help: "Remove unused images until so much is free: 20G, 15%",
    },
    high: {
      type: "text",
      value: "PERCENT",
      help: "Do nothing until so much of the disk is in use",
    },
    low: {
      type: "text",
      value: "PERCENT",
      help: "Then remove unused images down to this; --high if left out",
    },
    "older-than": {
      type: "text",
      value: "AGE",
      help: "Only images (and containers) that were not used for so long: 7d",
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
      help: "Remove containers of runs that were killed and of pods that are " +
        "gone (vanished), or all that nobody runs or has mounted, too " +
        "(stopped)",
    },
    "leftover-age": {
      type: "text",
      value: "AGE",
      default: "24h",
      help: "How old downloads, layers without an image and stopped " +
        "containers must be; younger ones may be of use",
    },
    wait: {
      type: "number",
      value: "SECONDS",
      help: "How long to wait for others to finish; for ever if left out",
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
    { line: "orlop gc --dry-run", does: "See what would go" },
    {
      line: "orlop gc --all --older-than 30d --keep 2",
      does: "Remove images that nobody used for a month, but no repository " +
        "wholly",
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
  summary: "Show what uses the disk, and what a cleanup could free",
  description: [
    "Sizes are those of records; only the containers' own layers are looked " +
    "through. What is reclaimable is what orlop gc --all --containers stopped " +
    "would remove.",
  ],
  section: "Store",
  needs: ["mount", "runtime"],
  flags: {
    verbose: { type: "boolean", short: "v", help: "Each image and container" },
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
  summary: "Print or install what makes cron or systemd clean up",
  description: [
    "Flags of orlop gc stand after --; without them only what is of no use " +
    "to anybody is removed. A busy store is tried again the next time.",
  ],
  section: "Store",
  arguments: [
    { name: "cron|systemd", completes: ["cron", "systemd"] },
    { name: "GC-FLAG", isOptional: true, isRepeated: true },
  ],
  flags: {
    install: { type: "boolean", help: "Put it below /etc, where it is read" },
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
      help: "When; with --every hour, only the minute counts",
    },
    program: {
      type: "text",
      value: "PATH",
      completes: "file",
      help: "Where orlop is, instead of where it was called",
    },
  },
  examples: [
    { line: "orlop schedule cron", does: "See the crontab" },
    {
      line: "orlop schedule systemd --install --every hour -- --high 85% " +
        "--low 70%",
      does: "Keep the disk from filling up, beginning with what was not used " +
        "for longest",
    },
  ],
} as const satisfies Command;

/** `orlop check`. */
export const CHECK = {
  name: "check",
  summary: "Prove that the store is whole, or say what is damaged",
  description: [
    "Compares records with each other and with what is on the disk: layers " +
    "and their links, items of images, containers, mounts, what nobody needs. " +
    "--full also reads all content, and compares it with checksums and " +
    "digests. Others may use the store meanwhile. Exit code 1 if anything is " +
    "damaged.",
    "What was found is kept, for orlop doctor and for the next check: a layer " +
    "that was damaged is read again each time, until it is whole.",
    "--repair puts right what it can, one thing at a time: tables from what " +
    "they were before and from what the disk proves (the damaged file stays " +
    "beside it), short names, and by its digest what an image has lost. " +
    "Nothing that is mounted is replaced.",
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
      help: "Read no more than this each second: 50M",
    },
    "time-limit": {
      type: "text",
      value: "DURATION",
      help: "After so long begin no further layer: 1h. The next check begins " +
        "with what was not read for longest",
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
  summary: "Look at this machine and the store, and say what to do",
  description: [
    "Kernel, overlay mounts, file system, room, cgroups, programs, clock, name " +
    "servers, proxy; what run -d, networks and serve need; then who holds the store's locks and mounts, what lies " +
    "around in it, the last cleanup, and what this process may do. Mounts on " +
    "trial, and changes nothing. Exit code 1 if something will not work.",
    "It reaches no network, and cannot look into other mount namespaces.",
  ],
  section: "Store",
  needs: ["mount", "tar", "runtime", "monitor", "network", "fuser"],
  flags: formatFlag("'{{.State}} {{.Check}}: {{.Found}}'"),
  examples: [
    { line: "orlop doctor", does: "Before the first pull, or when in trouble" },
    {
      line: "orlop doctor -f json | jq '.[] | select(.state != \"ok\")'",
      does: "For monitors: only what is not well",
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
