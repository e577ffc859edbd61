/**
 * The types of the table of commands. Parsing, help, completions and the man page
 * all read this one table, so they cannot contradict each other.
 */

import type { Libc } from "../process/libc.ts";
import type { Config } from "./input/config.ts";
import type { OpenLogFile } from "./log_file.ts";
import type { Terminal } from "./render/terminal.ts";
import type { SecondSignal } from "./signals.ts";

/** A command, or a group of them. */
export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line, without a full stop. */
  readonly summary: string;
  /** Paragraphs below the summary, each an element. */
  readonly description?: readonly string[];
  readonly arguments?: readonly Argument[];
  readonly flags?: FlagTable;
  readonly examples?: readonly Example[];
  /** Its heading in the list of all commands. */
  readonly section?: Section;
  /** What it may do beyond reading and writing the store. */
  readonly needs?: readonly Need[];
  /** Words after the first argument belong to another program. */
  readonly stopsAtFirstArgument?: boolean;
  /** The commands of a group; a group does nothing by itself. */
  readonly commands?: readonly Command[];
  /** The key of its module; the command's path if omitted. */
  readonly module?: string;
  readonly isHidden?: boolean;
  /** Whether it opens no store: then settings of stores are not read. */
  readonly opensNoStore?: boolean;
  /** The exit code of all failures, if there is only one. */
  readonly failureCode?: number;
  /** What a second Ctrl-C does; it ends the program if omitted. */
  readonly signals?: SecondSignal;
}

/** Headings of `orlop help`, in their order. */
export const SECTIONS = [
  "Images",
  "Registries",
  "Pods and containers",
  "Store",
  "Other",
] as const;

/** One of the headings of `orlop help`. */
export type Section = (typeof SECTIONS)[number];

/**
 * Permissions that are dropped unless a command needs them: network and programs.
 */
export type Need = "net" | "helpers" | keyof typeof PROGRAMS;

/** The programs that orlop runs, by purpose. */
export const PROGRAMS = {
  mount: ["mount", "umount", "findmnt"],
  tar: ["tar"],
  runtime: ["runc", "crun"],
  monitor: ["conmon", "sh", "kill", "touch"],
  network: ["flock", "timeout", "rmdir", "cat"],
  sandbox: [
    ...["unshare", "sh", "ip", "mkdir"],
    ...["find", "grep", "nsenter", "realpath"],
  ],
  files: ["unshare", "sh"],
  fuser: ["fuser"],
} as const;

/**
 * The credential helpers that a compiled program may run, as its permissions are
 * fixed at build time.
 */
export const KNOWN_HELPERS: readonly string[] = [
  "pass",
  "secretservice",
  "ecr-login",
  "gcr",
  "gcloud",
  "acr-env",
];

/** Whether a command may run credential helpers: all that log in may. */
export function mayAskHelpers(
  { needs = [] }: Pick<Command, "needs">,
): boolean {
  return needs.includes("net") || needs.includes("helpers");
}

/** A positional argument. */
export interface Argument {
  /** As shown, in capitals: `IMAGE`. */
  readonly name: string;
  readonly isOptional?: boolean;
  readonly isRepeated?: boolean;
  readonly completes?: Completes;
}

/** The completions for an argument or a flag's value. */
export type Completes =
  | "image"
  | "container"
  | "pod"
  | "file"
  | "command"
  | readonly string[];

/** Flags by their long names. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** A flag; `tristate` is a boolean that may be unset. */
export interface Flag {
  readonly type: "boolean" | "tristate" | "text" | "number" | "list";
  readonly short?: string;
  readonly help: string;
  /** The placeholder for the value in the help: `PATH`. */
  readonly value?: string;
  readonly default?: string | number;
  /** The allowed values. */
  readonly choices?: readonly string[];
  /** Whether commas separate several values of a list, as in podman. */
  readonly splits?: boolean;
  /**
   * Why the flag is refused, and what to do instead; it is not shown in the help.
   */
  readonly refusal?: string;
  readonly completes?: Completes;
  /** Whether it hides a global flag with the same name. */
  readonly hides?: boolean;
}

/** An example command line, and its purpose. */
export interface Example {
  readonly line: string;
  readonly does: string;
}

/** The values of a table of flags. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: FlagValue<Table[Name]>;
};

type FlagValue<F extends Flag> = F extends { type: "boolean" } ? boolean
  : F extends { type: "tristate" } ? boolean | undefined
  : F extends { type: "list" } ? readonly string[]
  : F extends { type: "number" } ? OrDefault<F, number>
  : F extends { choices: readonly (infer Choice)[] } ? OrDefault<F, Choice>
  : OrDefault<F, string>;

type OrDefault<F extends Flag, Value> = F extends { default: string | number }
  ? Value
  : Value | undefined;

/** The words for positional arguments, of which only the last may be repeated. */
type Words<Asked extends readonly Argument[]> = Asked extends
  readonly [infer First extends Argument, ...infer Rest extends Argument[]]
  ? readonly [...WordsFor<First>, ...Words<Rest>]
  : readonly [];

type WordsFor<A extends Argument> = A extends { isRepeated: true }
  ? A extends { isOptional: true } ? string[] : [string, ...string[]]
  : A extends { isOptional: true } ? [] | [string]
  : [string];

/** A call of a command: the argument of its module's `run`. */
export interface Call<C extends Command = Command> {
  readonly flags: C extends { flags: infer Table extends FlagTable }
    ? FlagValues<Table>
    : Readonly<Record<string, unknown>>;
  /** The words that call the command. */
  readonly path: readonly string[];
  /** The positional arguments, as in the table. */
  readonly arguments: C extends
    { arguments: infer Asked extends readonly Argument[] } ? Words<Asked>
    : readonly string[];
  readonly config: Config;
  readonly terminal: Terminal;
  readonly libc: Libc | undefined;
  /** Opens the log file; loaded only if the settings name one. */
  readonly openLogFile?: OpenLogFile | undefined;
  readonly signal: AbortSignal;
}

/** What a file in `commands/` exports. */
export interface CommandModule {
  /** @returns The exit code; nothing means 0. */
  run(call: Call): Promise<number | void> | number | void;
}

/** Finds a command by name or alias. */
export function findCommand(
  commands: readonly Command[],
  word: string,
): Command | undefined {
  return commands.find(({ name, aliases = [] }) =>
    name === word || aliases.includes(word)
  );
}
