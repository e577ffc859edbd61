/** Waits for several things that are done at once. */

/**
 * Waits until all have ended, so that what is undone then is not made later.
 *
 * @throws The first error of those that failed, in their order.
 */
export async function settleAll(
  all: readonly (Promise<unknown> | undefined)[],
): Promise<void> {
  for (const result of await Promise.allSettled(all)) {
    if (result.status === "rejected") throw result.reason;
  }
}
