/** Chance that can be repeated: a failing test says how. */

// So that what a commit did in CI, it does again.
const USUAL_SEED = 1;
// What a seed may be, so that it is short to type.
const SEEDS = 1e6;

/**
 * Numbers from 0 up to 1, as those of `Math.random()`. The seed is that of the
 * variable `ORLOP_SEED`, where `random` stands for another one each time. It is
 * printed, which `deno test --quiet` does not show.
 *
 * @param what Whose chance it is, for the line that is printed.
 */
export function seededRandom(
  what: string,
  { unless = String(USUAL_SEED) }: {
    /**
     * The seed without that variable.
     *
     * @default {always the same}
     */
    readonly unless?: string;
  } = {},
): () => number {
  const text = Deno.env.get("ORLOP_SEED") ?? unless;
  const seed = text === "random" ? Date.now() % SEEDS : Number(text);
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(`Cannot use ORLOP_SEED: "${text}" is no number`);
  }
  // deno-lint-ignore no-console -- a failure must be repeatable
  console.log(`${what}: ORLOP_SEED=${seed}`);
  let state = seed >>> 0;
  return () => {
    // Mulberry32: unlike simpler ones, it begins elsewhere for each small seed.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
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

/** At most so many of them, in their order, evenly apart, from one of the first on. */
export function sampled<T>(
  items: readonly T[],
  count: number,
  random: () => number,
): readonly T[] {
  const step = Math.max(1, items.length / count);
  const offset = random() * step;
  return items.filter((_, index) =>
    Math.floor((index + offset) / step) !==
      Math.floor((index + offset - 1) / step)
  );
}
