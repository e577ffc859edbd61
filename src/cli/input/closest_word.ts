/** "Did you mean": the known word that is nearest to a mistyped one. */

/** Finds the nearest word, if one is near enough. */
export function closestWord(
  typed: string,
  known: readonly string[],
): string | undefined {
  // Two typos in a word of usual length; one in a short word, which two typos could
  // turn into any other.
  let best = typed.length > 4 ? 2 : 1;
  let closest: string | undefined;
  for (const word of known) {
    const distance = editDistance(typed, word);
    if (distance > best || (distance === best && closest)) continue;
    best = distance;
    closest = word;
  }
  return closest ?? uniqueCompletion(typed, known);
}

/** Counts insertions, deletions, changes and swaps of neighbours. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      const isSwap = row > 1 && column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1];
      if (isSwap) cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(cost);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[to.length] ?? 0;
}

function uniqueCompletion(
  typed: string,
  known: readonly string[],
): string | undefined {
  if (typed.length < 2) return undefined;
  const longer = known.filter((word) => word.startsWith(typed));
  return longer.length === 1 ? longer[0] : undefined;
}
