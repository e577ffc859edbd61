/** Checks the system call error of an exception. */

/** Whether an error of `node:fs` has one of these codes, such as `ENOENT`. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error &&
    typeof error.code === "string" && codes.includes(error.code);
}
