/** Chance that can be repeated: a failing test says how. */

/**
 * Numbers from 0 up to 1, as those of `Math.random()`. The seed is that of the
 * variable `ORLOP_SEED`, else another one each time, and it is printed.
 *
 * @param what Whose chance it is, for the line that is printed.
 */
export function seededRandom(what: string): () => number {
  const seed = Number(Deno.env.get("ORLOP_SEED") ?? Date.now() % 1e6);
  // deno-lint-ignore no-console -- a failure must be repeatable
  console.log(`${what}: ORLOP_SEED=${seed}`);
  let state = seed >>> 0;
  return () => {
    // A linear congruential generator, with the numbers of "Numerical Recipes".
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** In an order of chance. */
export function shuffled<T>(
  items: readonly T[],
  random: () => number,
): readonly T[] {
  return items.map((item) => [random(), item] as const)
    .toSorted(([a], [b]) => a - b).map(([, item]) => item);
}
