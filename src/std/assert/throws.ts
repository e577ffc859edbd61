/** Assertions about what functions throw. */

import { AssertionError } from "./assertion_error.ts";

/** A class of errors, abstract ones included. */
export type ErrorClass<E extends Error> = abstract new (
  ...args: never[]
) => E;

/** Fails unless `fn` throws; returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Fails unless `fn` throws an error of the class whose message has the text. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  ...args: Arguments
): unknown {
  const [errorClass, msgIncludes, suffix] = parseArguments(args);
  try {
    fn();
  } catch (error) {
    return assertIsExpected(error, errorClass, msgIncludes, suffix);
  }
  throw new AssertionError(`Expected function to throw${suffix}`);
}

/** Fails unless the promise of `fn` rejects; returns the reason. */
export function assertRejects(
  fn: () => PromiseLike<unknown>,
  msg?: string,
): Promise<unknown>;
/** Fails unless it rejects with an error of the class, with the text in it. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  ...args: Arguments
): Promise<unknown> {
  const [errorClass, msgIncludes, suffix] = parseArguments(args);
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (cause) {
    throw new AssertionError(
      `Function throws when expected to reject${suffix}`,
      { cause },
    );
  }
  try {
    await promise;
  } catch (error) {
    return assertIsExpected(error, errorClass, msgIncludes, suffix);
  }
  throw new AssertionError(`Expected function to reject${suffix}`);
}

/** Fails unless `error` is of the class and its message has the text. */
export function assertIsError<E extends Error = Error>(
  error: unknown,
  errorClass?: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): asserts error is E {
  assertIsExpected(error, errorClass ?? Error, msgIncludes, suffixOf(msg));
}

/** What follows `fn`: a class and texts, or a note only. */
type Arguments = [
  first?: ErrorClass<Error> | string,
  msgIncludes?: string,
  msg?: string,
];

function parseArguments([first, msgIncludes, msg]: Arguments): [
  errorClass: ErrorClass<Error> | undefined,
  msgIncludes: string | undefined,
  suffix: string,
] {
  return typeof first === "function"
    ? [first, msgIncludes, suffixOf(msg)]
    : [undefined, undefined, suffixOf(first)];
}

function suffixOf(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}

function assertIsExpected(
  error: unknown,
  errorClass: ErrorClass<Error> | undefined,
  msgIncludes: string | undefined,
  suffix: string,
): unknown {
  if (errorClass === undefined) return error;
  if (!(error instanceof errorClass)) {
    throw new AssertionError(
      `Expected error to be instance of "${errorClass.name}", but was "${
        error instanceof Error ? `${error.name}: ${error.message}` : error
      }"${suffix}`,
      { cause: error },
    );
  }
  if (msgIncludes !== undefined && !error.message.includes(msgIncludes)) {
    throw new AssertionError(
      `Expected error message to include "${msgIncludes}", but got "${error.message}"${suffix}`,
      { cause: error },
    );
  }
  return error;
}
