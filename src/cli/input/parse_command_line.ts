/** Reads the command line, strictly, by the table of commands. */

import { parseArgs } from "@std/cli";
import { splitCsv } from "../../formats/config/csv.ts";
import {
  type Argument,
  type Command,
  findCommand,
  type Flag,
  type FlagTable,
} from "../command.ts";
import { describeCommand } from "../render/help/usage.ts";
import { findAdvice } from "../table/habits.ts";
import { UsageError } from "../usage_error.ts";
import { closestWord } from "./closest_word.ts";
import { spellOutFlags } from "./spell_out_flags.ts";

/** What the user asks for. */
export interface CommandLine {
  /** The command; a group, or the root, only if its help is asked for. */
  readonly command: Command;
  /** The words that lead to it. */
  readonly path: readonly string[];
  /** Values of the global flags and the command's own, by long name. */
  readonly flags: Readonly<Record<string, unknown>>;
  /**
   * Values of global flags that stood before a command which has another flag of
   * that name: `orlop --config PATH image inspect --config …`.
   */
  readonly hiddenFlags: Readonly<Record<string, unknown>>;
  readonly arguments: readonly string[];
}

/**
 * Reads a command line.
 *
 * @param root The group of all commands; its flags are the global ones.
 * @throws {UsageError} If anything in it is unknown, missing or too much.
 */
export function parseCommandLine(
  args: readonly string[],
  root: Command,
): CommandLine {
  const { command, path, table, words, hidden, rest } = walk(args, root);
  const flags = readFlags(words, table, path);
  const hiddenFlags = readFlags(hidden, root.flags ?? {}, path);
  const asksForHelp = flags["help"] === true || flags["version"] === true;
  if (!asksForHelp) {
    if (command.commands !== undefined) throw missingCommand(path, rest);
    checkCount(rest, command, path);
  }
  return { command, path, flags, hiddenFlags, arguments: rest };
}

/** Goes from the root down to the command, and sorts flags from arguments. */
function walk(args: readonly string[], root: Command) {
  const path: string[] = [];
  const hidden: string[] = [];
  let words: string[] = [];
  const rest: string[] = [];
  let command = root;
  let table: FlagTable = { ...root.flags };
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--") {
      rest.push(...args.slice(index + 1));
      break;
    }
    if (arg.startsWith("-") && arg !== "-") {
      const next = args[index + 1];
      const flag = spellOutFlags(arg, next, table, path);
      words.push(...flag.words);
      if (flag.tookNext) index++;
    } else if (command.commands !== undefined) {
      const next = args[index + 1];
      command = enter(command, { word: arg, next, path, root });
      path.push(command.name);
      const { flags = {} } = command;
      hidden.push(...words.filter(isOf(flags)));
      words = words.filter((word) => !isOf(flags)(word));
      table = { ...table, ...flags };
    } else if (command.stopsAtFirstArgument) {
      rest.push(...args.slice(index));
      break;
    } else rest.push(arg);
  }
  return { command, path, table, words, hidden, rest };
}

/** Whether a word is a flag of a table; not the same one in another place. */
function isOf(table: FlagTable): (word: string) => boolean {
  return (word) => {
    const [, name = ""] = /^--([^=]*)/.exec(word) ?? [];
    return Object.hasOwn(table, name) && table[name]?.hides === true;
  };
}

function enter(
  group: Command,
  { word, next, path, root }: Step,
): Command {
  const { commands = [] } = group;
  const command = findCommand(commands, word);
  if (command !== undefined) return command;
  const name = describeCommand(path);
  const known = findAdvice(path, word, next);
  const hint = known?.advice ?? suggestCommands(group, { word, path, root });
  throw new UsageError(
    `Cannot run "${known?.typed ?? word}": ${name} has no such command` +
      (hint === undefined ? "" : `; ${hint}`),
    path,
  );
}

/** A word, and where it stands. */
interface Step {
  readonly word: string;
  readonly next?: string | undefined;
  readonly path: readonly string[];
  readonly root: Command;
}

/** Suggests the same name in other groups, or a similar name here. */
function suggestCommands(
  { commands = [] }: Command,
  { word, path, root }: Step,
): string | undefined {
  const elsewhere = findPaths(root, word);
  const closest = closestWord(
    word,
    commands.filter(({ isHidden }) => !isHidden)
      .flatMap(({ name, aliases = [] }) => [name, ...aliases]),
  );
  const found = elsewhere.length > 0 || closest === undefined
    ? elsewhere
    : [[...path, closest].join(" ")];
  if (found.length === 0) return undefined;
  const quoted = found.map((words) => `"orlop ${words}"`);
  return `did you mean ${quoted.join(" or ")}?`;
}

/** All commands of a name: the one at the top, else those in groups. */
function findPaths({ commands = [] }: Command, word: string): string[] {
  const top = findCommand(commands, word);
  if (top !== undefined && !top.isHidden) return [word];
  return commands.flatMap((group) =>
    findCommand(group.commands ?? [], word) === undefined
      ? []
      : [`${group.name} ${word}`]
  );
}

/** Lets `parseArgs()` collect the values, then checks them. */
function readFlags(
  words: readonly string[],
  table: FlagTable,
  path: readonly string[],
): Record<string, unknown> {
  const names = Object.entries(table);
  const isKind = (...types: Flag["type"][]) =>
    names.filter(([, flag]) => types.includes(flag.type)).map(([name]) => name);
  const parsed: Record<string, unknown> = parseArgs([...words], {
    boolean: isKind("boolean", "tristate"),
    string: isKind("text", "number", "list"),
    collect: isKind("list"),
  });
  const given = new Set(words.map((word) => /^--([^=]*)/.exec(word)?.[1]));
  const values: Record<string, unknown> = {};
  for (const [name, flag] of names) {
    const value = given.has(name) ? parsed[name] : undefined;
    values[name] = checkValue(name, flag, value, path);
  }
  return values;
}

function checkValue(
  name: string,
  flag: Flag,
  value: unknown,
  path: readonly string[],
): unknown {
  if (value === undefined) {
    if (flag.type === "boolean") return false;
    return flag.type === "list" ? [] : flag.default;
  }
  if (flag.refusal !== undefined && value !== false) {
    throw new UsageError(`Cannot use "--${name}": ${flag.refusal}`, path);
  }
  if (flag.splits && Array.isArray(value)) return value.flatMap(split);
  if (flag.type === "number") {
    if (/^\d+(\.\d+)?$/.test(String(value))) return Number(value);
    throw badValue("a number is needed");
  }
  if (flag.choices && !flag.choices.includes(String(value))) {
    throw badValue(`use one of ${flag.choices.join(", ")}`);
  }
  return value;

  /** An empty word is no value, as in podman. */
  function split(word: unknown): readonly string[] {
    try {
      return splitCsv(String(word)).filter((part) => part !== "");
    } catch {
      throw badValue("a quote is out of place");
    }
  }

  function badValue(why: string): UsageError {
    return new UsageError(`Cannot use "--${name}=${value}": ${why}`, path);
  }
}

function missingCommand(
  path: readonly string[],
  rest: readonly string[],
): UsageError {
  const name = describeCommand(path);
  const [word] = rest;
  return word === undefined
    ? new UsageError(`Cannot run "${name}": a command must follow`, path)
    : new UsageError(`Cannot run "${name}" with "${word}" after "--"`, path);
}

function checkCount(
  words: readonly string[],
  command: Command,
  path: readonly string[],
): void {
  const expected: readonly Argument[] = command.arguments ?? [];
  const required = expected.filter(({ isOptional }) => !isOptional);
  const name = describeCommand(path);
  const missing = required[words.length];
  if (missing !== undefined) {
    throw new UsageError(
      `Cannot run "${name}": ${missing.name} is missing`,
      path,
    );
  }
  const isOpen = expected.some(({ isRepeated }) => isRepeated);
  const extra = isOpen ? undefined : words[expected.length];
  if (extra === undefined) return;
  const most = expected.length === 0
    ? "no arguments"
    : `at most ${expected.length}`;
  throw new UsageError(
    `Cannot run "${name}" with "${extra}": it takes ${most}`,
    path,
  );
}
