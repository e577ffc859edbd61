/** `--filter KEY=VALUE`, as podman has it. */

import { UsageError } from "../../usage_error.ts";

/** Whether a row fits a filter's value. */
export type Matcher<Row> = (row: Row, value: string) => boolean;

/**
 * Reads filters. Different keys must all fit, of one key any.
 *
 * @throws {UsageError} If a key is unknown.
 */
export function readFilters<Row>(
  texts: readonly string[],
  matchers: Readonly<Record<string, Matcher<Row>>>,
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
    return { key, value: text.slice(equals + 1) };
  });
  const groups = [...Map.groupBy(pairs, ({ key }) => key)];
  return (row) =>
    groups.every(([key, values]) =>
      values.some(({ value }) => matchers[key]?.(row, value))
    );
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
