/** Compares versions by their numbers. */

/** Whether a version is a minimum or later; numbers that it lacks count as 0. */
export function isAtLeast(
  version: readonly number[],
  minimum: readonly number[],
): boolean {
  for (const [index, wanted] of minimum.entries()) {
    const part = version[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
