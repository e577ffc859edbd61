/**
 * Converts flags as in podman to the long form `--name=value` for `parseArgs()`,
 * which would misread groups such as `-it`, values that begin with a dash or are
 * "true", and unknown flags.
 */

import type { Flag, FlagTable } from "../command.ts";
import { shownFlags } from "../render/help/describe_flag.ts";
import { describeCommand } from "../render/help/usage.ts";
import { UsageError } from "../usage_error.ts";
import { closestWord } from "./closest_word.ts";
import { parseSwitch } from "./flags/flag_value.ts";

/** One word of the command line, spelt out. */
export interface SpeltOut {
  readonly words: readonly string[];
  /** Whether the next word was the flag's value. */
  readonly tookNext: boolean;
}

/**
 * Spells out one word that begins with a dash.
 *
 * @throws {UsageError} If a flag is unknown or lacks its value.
 */
export function spellOutFlags(
  word: string,
  next: string | undefined,
  table: FlagTable,
  path: readonly string[],
): SpeltOut {
  return word.startsWith("--")
    ? spellOutLong(word, next, table, path)
    : spellOutShort(word, next, table, path);
}

function spellOutLong(
  word: string,
  next: string | undefined,
  table: FlagTable,
  path: readonly string[],
): SpeltOut {
  const equals = word.indexOf("=");
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const flag = Object.hasOwn(table, name) ? table[name] : undefined;
  if (flag === undefined) throw unknownFlag(`--${name}`, table, path);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  if (isSwitch(flag)) {
    if (value === undefined) return { words: [`--${name}`], tookNext: false };
    const words = [`--${name}=${readSwitch(name, value, path)}`];
    return { words, tookNext: false };
  }
  if (value !== undefined) {
    return { words: [withValue(name, value)], tookNext: false };
  }
  if (next === undefined) throw missingValue(`--${name}`, flag, path);
  return { words: [withValue(name, next)], tookNext: true };
}

function spellOutShort(
  word: string,
  next: string | undefined,
  table: FlagTable,
  path: readonly string[],
): SpeltOut {
  const words: string[] = [];
  for (let index = 1; index < word.length; index++) {
    const short = word.charAt(index);
    // The command's own flags come last, and before the global ones.
    const found = Object.entries(table).findLast(([, flag]) =>
      flag.short === short
    );
    if (found === undefined) throw unknownFlag(`-${short}`, table, path);
    const [name, flag] = found;
    if (isSwitch(flag)) {
      words.push(`--${name}`);
      continue;
    }
    const value = word.slice(index + 1).replace(/^=/, "");
    if (value !== "") {
      words.push(withValue(name, value));
      return { words, tookNext: false };
    }
    if (next === undefined) throw missingValue(`-${short}`, flag, path);
    words.push(withValue(name, next));
    return { words, tookNext: true };
  }
  return { words, tookNext: false };
}

function withValue(name: string, value: string): string {
  // parseArgs() reads "--name=" as a flag called "name=".
  return value === "" ? `--${name}` : `--${name}=${value}`;
}

function isSwitch({ type }: Flag): boolean {
  return type === "boolean" || type === "tristate";
}

function readSwitch(
  name: string,
  value: string,
  path: readonly string[],
): string {
  const isOn = parseSwitch(value);
  if (isOn !== undefined) return String(isOn);
  throw new UsageError(
    `Cannot use "--${name}=${value}": use "true" or "false"`,
    path,
  );
}

function unknownFlag(
  flag: string,
  table: FlagTable,
  path: readonly string[],
): UsageError {
  const similar = flag.startsWith("--")
    ? closestWord(flag.slice(2), shownFlags(table).map(([name]) => name))
    : undefined;
  const hint = similar === undefined ? "" : `; did you mean "--${similar}"?`;
  return new UsageError(
    `Cannot use "${flag}": ${describeCommand(path)} has no such flag${hint}`,
    path,
  );
}

function missingValue(
  flag: string,
  { value = "VALUE" }: Flag,
  path: readonly string[],
): UsageError {
  return new UsageError(`Cannot use "${flag}": ${value} must follow`, path);
}
