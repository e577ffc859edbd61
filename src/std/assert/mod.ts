/** The part of `@std/assert` that orlop's tests use. */

import { AssertionError } from "./assertion_error.ts";
import { difference, format } from "./difference.ts";
import { equal } from "./equal.ts";
import { subsetOf } from "./subset.ts";

export { AssertionError } from "./assertion_error.ts";
export { equal } from "./equal.ts";
export { assertIsError, assertRejects, assertThrows } from "./throws.ts";

/** Fails unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Fails if `expr` is truthy. */
export function assertFalse(expr: unknown, msg?: string): void {
  check(!expr, "Expected expression to be falsy", msg);
}

/** Fails unless the values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) return;
  throw new AssertionError(
    `Values are not equal${suffixOf(msg)}\n\n${difference(actual, expected)}`,
  );
}

/** Fails if the values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  check(
    !equal(actual, expected),
    `Expected actual: ${format(actual)} not to be: ${format(expected)}`,
    msg,
  );
}

/** Fails unless the values are the same, by `Object.is()`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  const title = equal(actual, expected)
    ? "Values have the same structure but are not reference-equal"
    : "Values are not strictly equal";
  throw new AssertionError(
    `${title}${suffixOf(msg)}\n\n${difference(actual, expected)}`,
  );
}

/** Fails if the values are the same, by `Object.is()`. */
export function assertNotStrictEquals<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(
    !Object.is(actual, expected),
    `Expected "actual" to not be strictly equal to: ${format(actual)}`,
    msg,
  );
}

/** Fails if the value is `null` or `undefined`. */
export function assertExists<T>(
  actual: T,
  msg?: string,
): asserts actual is NonNullable<T> {
  check(
    actual !== undefined && actual !== null,
    `Expected actual: "${actual}" to not be null or undefined`,
    msg,
  );
}

/** Fails unless the text matches the expression. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  check(
    expected.test(actual),
    `Expected actual: "${actual}" to match: "${expected}"`,
    msg,
  );
}

/** Fails if the text matches the expression. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void {
  check(
    !expected.test(actual),
    `Expected actual: "${actual}" to not match: "${expected}"`,
    msg,
  );
}

/** Fails unless the text contains the other. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void {
  check(
    actual.includes(expected),
    `Expected actual: "${actual}" to contain: "${expected}"`,
    msg,
  );
}

/** Fails unless each expected item deeply equals some item of the array. */
export function assertArrayIncludes<T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  msg?: string,
): void {
  const items = Array.from(actual);
  const missing = Array.from(expected)
    .filter((wanted) => !items.some((item) => equal(item, wanted)));
  check(
    missing.length === 0,
    `Expected actual: "${format(actual)}" to include: "${format(expected)}"${
      suffixOf(msg)
    }\nmissing: ${format(missing)}`,
  );
}

/** Fails unless the value was made by the class. */
export function assertInstanceOf<T>(
  actual: unknown,
  expectedType: abstract new (...args: never[]) => T,
  msg?: string,
): asserts actual is T {
  if (actual instanceof expectedType) return;
  const name = expectedType.name || "(anonymous class)";
  throw new AssertionError(
    `Expected object to be an instance of "${name}" but was ${format(actual)}${
      suffixOf(msg)
    }`,
  );
}

/** Fails unless the object has all that `expected` has, at every depth. */
export function assertObjectMatch(
  // A type without index signature is welcome too.
  actual: object,
  expected: Record<PropertyKey, unknown>,
  msg?: string,
): void {
  assertEquals(subsetOf(actual, expected), subsetOf(expected, expected), msg);
}

/** Fails unless `actual` is greater. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  check(actual > expected, `Expect ${actual} > ${expected}`, msg);
}

/** Fails unless `actual` is greater or equal. */
export function assertGreaterOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(actual >= expected, `Expect ${actual} >= ${expected}`, msg);
}

/** Fails unless `actual` is less. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  check(actual < expected, `Expect ${actual} < ${expected}`, msg);
}

/** Fails unless `actual` is less or equal. */
export function assertLessOrEqual<T>(
  actual: T,
  expected: T,
  msg?: string,
): void {
  check(actual <= expected, `Expect ${actual} <= ${expected}`, msg);
}

/** Fails always. */
export function fail(msg?: string): never {
  throw new AssertionError(`Failed assertion${suffixOf(msg)}`);
}

/** Fails where no run should come. */
export function unreachable(msg?: string): never {
  throw new AssertionError(`Unreachable${suffixOf(msg)}`);
}

function check(condition: boolean, problem: string, msg?: string): void {
  if (!condition) throw new AssertionError(`${problem}${suffixOf(msg)}`);
}

function suffixOf(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}
