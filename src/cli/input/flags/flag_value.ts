/** Parses values of flags, and makes errors for wrong ones. */

import { UsageError } from "../../usage_error.ts";

/** `Cannot use "--memory=x": …` */
export function badFlag(name: string, value: string, why: string): UsageError {
  return new UsageError(`Cannot use "--${name}=${value}": ${why}`);
}

/** Splits `NAME=VALUE`. @throws {UsageError} If it has no name, or no `=`. */
export function readPair(
  flag: string,
  text: string,
): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw badFlag(flag, text, "write NAME=VALUE");
}

/** Parses as Go's `strconv.ParseBool()`, as podman does; undefined if invalid. */
export function parseSwitch(text: string): boolean | undefined {
  if (/^(1|t|true)$/i.test(text)) return true;
  return /^(0|f|false)$/i.test(text) ? false : undefined;
}
