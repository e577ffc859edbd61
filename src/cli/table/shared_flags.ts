/** Flags that several commands share. */

import type { Flag, FlagTable } from "../command.ts";
import { UsageError } from "../usage_error.ts";

/** The flags of every command that lists. */
export const LIST_FLAGS = {
  format: {
    type: "text",
    value: "FORMAT",
    default: "table",
    help: "table, json, or a Go template: '{{.ID}}', 'table {{.ID}} {{.Size}}'",
    completes: ["table", "json"],
  },
  quiet: { type: "boolean", short: "q", help: "Print the IDs only" },
  "no-trunc": {
    type: "boolean",
    help: "Do not shorten IDs, digests or long columns",
  },
  noheading: { type: "boolean", short: "n", help: "Print no column headings" },
} as const satisfies FlagTable;

/** The flag of every command that inspects. */
export const INSPECT_FLAGS = {
  format: {
    type: "text",
    short: "f",
    value: "FORMAT",
    default: "json",
    help: "json, or a Go template: '{{.Id}}', '{{json .Config}}'",
    completes: ["json"],
  },
} as const satisfies FlagTable;

/** How to show how far it is. */
export const PROGRESS_FLAGS = {
  progress: {
    type: "text",
    value: "HOW",
    choices: ["auto", "plain", "json", "none"],
    default: "auto",
    help: "How to show progress on stderr; auto draws only on terminals",
  },
  quiet: { type: "boolean", short: "q", help: "Show no progress" },
} as const satisfies FlagTable;

/** Who logs in to a registry. */
export const LOGIN_FLAGS = {
  creds: {
    type: "text",
    value: "USER[:PASSWORD]",
    help: "Credentials for the registry; asks for the password if it is " +
      "omitted",
  },
  username: {
    type: "text",
    value: "USER",
    help: "The user at the registry; asks for the password",
  },
  "password-stdin": {
    type: "boolean",
    help: "Read the password of --username from standard input",
  },
} as const satisfies FlagTable;

/** How to reach a registry. */
export const REGISTRY_FLAGS = {
  ...LOGIN_FLAGS,
  authfile: {
    type: "text",
    value: "PATH",
    help: "The file of credentials, instead of $REGISTRY_AUTH_FILE",
    completes: "file",
  },
  "cert-dir": {
    type: "text",
    value: "PATH",
    help: "Certificates (*.crt, *.cert, *.key) for the registry",
    completes: "file",
  },
  "tls-verify": {
    type: "tristate",
    help: "Require HTTPS and a valid certificate; =false also allows HTTP",
  },
} as const satisfies FlagTable;

/** How to pull. */
export const PULL_FLAGS = {
  ...REGISTRY_FLAGS,
  platform: {
    type: "text",
    value: "OS/ARCH[/VARIANT]",
    help: "The platform, instead of this machine's",
  },
  "ignore-space": {
    type: "boolean",
    help: "Start even if the disk seems too small",
  },
  "no-resume": {
    type: "boolean",
    help: "Ignore partial downloads of earlier pulls",
  },
} as const satisfies FlagTable;

/** For lists. */
export const FILTER_FLAG = {
  filter: {
    type: "list",
    short: "f",
    value: "KEY=VALUE",
    help: "Only objects that match",
  },
} as const satisfies FlagTable;

/** For commands that take names of what may be gone. */
export const IGNORE_FLAG = {
  ignore: {
    type: "boolean",
    short: "i",
    help: "Succeed if there is no such object",
  },
} as const satisfies FlagTable;

/** For commands that take names, or all there is. */
export const ALL_FLAG = {
  all: { type: "boolean", short: "a", help: "All that orlop created" },
} as const satisfies FlagTable;

/** For commands that end what runs. */
export const TIME_FLAG = {
  time: {
    type: "number",
    short: "t",
    value: "SECONDS",
    help: "The time between the stop signal and SIGKILL; by default what " +
      "it was created with, or 10",
  },
} as const satisfies FlagTable;

/** The value of `--time` in milliseconds. */
export function stopTime(
  { time }: { readonly time: number | undefined },
): number | undefined {
  return time === undefined ? undefined : time * 1000;
}

/**
 * The same of commands that end something only by `--force`.
 *
 * @throws {UsageError} If there is a time, and nothing to wait for.
 */
export function removalTime(
  flags: { readonly time: number | undefined; readonly force: boolean },
): number | undefined {
  if (flags.force || flags.time === undefined) return stopTime(flags);
  throw new UsageError('Cannot use "--time" without "--force"');
}

/** For commands that send signals. */
export const SIGNAL_FLAG = {
  signal: {
    type: "text",
    short: "s",
    value: "SIGNAL",
    default: "KILL",
    help: "The name or number of the signal",
  },
} as const satisfies FlagTable;

/** For commands that show something to people or to programs. */
export function formatFlag(
  example: string,
): { readonly format: Flag & { readonly type: "text"; default: string } } {
  return {
    format: {
      type: "text",
      short: "f",
      value: "FORMAT",
      default: "text",
      help: `text, json, or a Go template: ${example}`,
      completes: ["text", "json"],
    },
  };
}
