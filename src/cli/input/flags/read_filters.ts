/** `--filter KEY=VALUE`, as podman has it. */

import { UsageError } from "../../usage_error.ts";

/** Whether a row fits a filter's value. */
export type Matcher<Row> = (row: Row, value: string) => boolean;

/** What to write instead of a value that can never match; undefined if it can. */
export type ValueCheck = (value: string) => string | undefined;

/**
 * Reads filters. All keys must match, with any of the values of one key.
 *
 * @param checks Checks of values, so that a typo is an error instead of an empty
 *   list.
 * @throws {UsageError} If a key is unknown, or a value makes no sense.
 */
export function readFilters<Row>(
  texts: readonly string[],
  matchers: Readonly<Record<string, Matcher<Row>>>,
  checks: Readonly<Record<string, ValueCheck>> = {},
): (row: Row) => boolean {
  const pairs = texts.map((text) => {
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals);
    if (equals < 0 || !Object.hasOwn(matchers, key)) {
      const known = Object.keys(matchers).join(", ");
      throw new UsageError(
        `Cannot use "--filter=${text}": write KEY=VALUE, with a key of ` +
          known,
      );
    }
    const value = text.slice(equals + 1);
    const advice = Object.hasOwn(checks, key)
      ? checks[key]?.(value)
      : undefined;
    if (advice === undefined) return { key, value };
    throw new UsageError(`Cannot use "--filter=${text}": ${advice}`);
  });
  const groups = [...Map.groupBy(pairs, ({ key }) => key)];
  return (row) =>
    groups.every(([key, values]) =>
      values.some(({ value }) => matchers[key]?.(row, value))
    );
}

/** A check that takes the words of a list, in any case. */
export function oneOf(words: readonly string[]): ValueCheck {
  return (value) =>
    words.includes(value.toLowerCase())
      ? undefined
      : `use one of ${words.join(", ")}`;
}

/** Refuses podman's regular expressions, which would never match as patterns. */
export function checkNamePattern(value: string): string | undefined {
  return /^[\w.*?-]*$/.test(value)
    ? undefined
    : "write a name, or a pattern with * and ?, such as web-*";
}

/** Whether one of some pairs is `KEY`, or `KEY=VALUE`. */
export function hasPair(
  pairs: Iterable<readonly [string, unknown]>,
  text: string,
): boolean {
  const equals = text.indexOf("=");
  const map = new Map(pairs);
  if (equals < 0) return map.has(text);
  return map.get(text.slice(0, equals)) === text.slice(equals + 1);
}

/** Whether a text fits a pattern with `*` and `?`, as in a shell. */
export function matchesPattern(text: string, pattern: string): boolean {
  const source = [...pattern].map((character) => {
    if (character === "*") return ".*";
    if (character === "?") return ".";
    return RegExp.escape(character);
  });
  return new RegExp(`^${source.join("")}$`, "s").test(text);
}

/** Reads the value of a filter that is either so or not, as Go does. */
export function readTruth(value: string): boolean {
  if (/^(?:1|t|T|true|True|TRUE)$/.test(value)) return true;
  if (/^(?:0|f|F|false|False|FALSE)$/.test(value)) return false;
  throw new UsageError(`Cannot use "${value}": use "true" or "false"`);
}
