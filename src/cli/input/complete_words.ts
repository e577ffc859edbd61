/** Completes the last word of a command line. */

import {
  type Command,
  type Completes,
  findCommand,
  type Flag,
  type FlagTable,
} from "../command.ts";
import { shownFlags, takesValue } from "../render/help/describe_flag.ts";

/** Candidates, and the kind of names that must be looked up. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Names that a store knows, or files; they are not in the table. */
  readonly names?: "image" | "container" | "pod" | "file" | undefined;
}

/** A word, and what it means. */
export interface Candidate {
  readonly word: string;
  readonly help: string;
}

/** Completes the last of the words after the program's name. */
export function completeWords(
  words: readonly string[],
  root: Command,
): Completion {
  const typed = words.at(-1) ?? "";
  const state = follow(words.slice(0, -1), root);
  if (state.pending !== undefined) {
    return offer(state.pending.completes ?? state.pending.choices, typed, root);
  }
  const equals = typed.indexOf("=");
  if (typed.startsWith("--") && equals > 0) {
    const prefix = typed.slice(0, equals + 1);
    return withPrefix(prefix, typed, state.table, root);
  }
  if (typed.startsWith("-") && !state.isVerbatim) {
    return keep(typed, shownFlags(state.table).map(toCandidate));
  }
  const { commands } = state.command;
  if (commands !== undefined) return keep(typed, commandCandidates(commands));
  const { arguments: expected = [] } = state.command;
  const argument = expected[state.count] ?? expected.at(-1);
  const isTooMany = !argument?.isRepeated && state.count >= expected.length;
  return offer(isTooMany ? undefined : argument?.completes, typed, root);
}

interface State {
  readonly command: Command;
  readonly table: FlagTable;
  /** How many arguments there are already. */
  readonly count: number;
  /** The flag whose value the last word is. */
  readonly pending: Flag | undefined;
  readonly isVerbatim: boolean;
}

/** Parses as far as possible; completions ignore errors. */
function follow(words: readonly string[], root: Command): State {
  let command = root;
  let table: FlagTable = { ...root.flags };
  let count = 0;
  let pending: Flag | undefined;
  let isVerbatim = false;
  for (const word of words) {
    if (pending !== undefined) pending = undefined;
    else if (isVerbatim) count++;
    else if (word === "--") isVerbatim = true;
    else if (word.startsWith("-") && word !== "-") {
      pending = findPending(word, table);
    } else if (command.commands === undefined) {
      count++;
      isVerbatim = command.stopsAtFirstArgument ?? false;
    } else {
      command = findCommand(command.commands, word) ??
        { ...command, commands: [] };
      table = { ...table, ...command.flags };
    }
  }
  return { command, table, count, pending, isVerbatim };
}

function findPending(word: string, table: FlagTable): Flag | undefined {
  if (word.includes("=")) return undefined;
  const flag = word.startsWith("--")
    ? table[word.slice(2)]
    : Object.values(table).findLast(({ short }) => short === word.at(-1));
  return flag !== undefined && takesValue(flag) ? flag : undefined;
}

function withPrefix(
  prefix: string,
  typed: string,
  table: FlagTable,
  root: Command,
): Completion {
  const flag = table[prefix.slice(2, -1)];
  const value = typed.slice(prefix.length);
  const { candidates, names } = offer(
    flag?.completes ?? flag?.choices,
    value,
    root,
  );
  return {
    candidates: candidates.map(({ word, help }) => ({
      word: prefix + word,
      help,
    })),
    names,
  };
}

function offer(
  completes: Completes | undefined,
  typed: string,
  root: Command,
): Completion {
  if (completes === undefined) return { candidates: [] };
  if (completes === "command") {
    return keep(typed, commandCandidates(root.commands ?? []));
  }
  if (typeof completes === "string") {
    return { candidates: [], names: completes };
  }
  return keep(typed, completes.map((word) => ({ word, help: "" })));
}

function commandCandidates(commands: readonly Command[]): Candidate[] {
  return commands
    .filter(({ isHidden }) => !isHidden)
    .map(({ name, summary }) => ({ word: name, help: summary }));
}

function toCandidate([name, flag]: [string, Flag]): Candidate {
  return { word: `--${name}`, help: flag.help };
}

function keep(typed: string, all: readonly Candidate[]): Completion {
  return { candidates: all.filter(({ word }) => word.startsWith(typed)) };
}
