/** Shows a value, and how two values differ, line by line. */

/** More cells than this in the table of lines make no readable answer. */
const maxCells = 4_000_000;
const maxLines = 400;

/** Renders a value for a person, the same for equal values. */
export function format(value: unknown): string {
  return Deno.inspect(value, {
    depth: Infinity,
    sorted: true,
    trailingComma: true,
    compact: false,
    iterableLimit: Infinity,
    getters: false,
    strAbbreviateSize: Infinity,
  });
}

/** Lists lines of both values: `-` only in `actual`, `+` only in `expected`. */
export function difference(actual: unknown, expected: unknown): string {
  const isText = typeof actual === "string" && typeof expected === "string";
  const show = isText ? String : format;
  const lines = diffLines(
    show(actual).split("\n"),
    show(expected).split("\n"),
  );
  const omitted = lines.length - maxLines;
  return [
    "    [Diff] Actual / Expected",
    "",
    ...lines.slice(0, maxLines),
    ...(omitted > 0 ? [`    … and ${omitted} more lines`] : []),
    "",
  ].join("\n");
}

function diffLines(actual: string[], expected: string[]): string[] {
  const start = sharedLength(actual, expected);
  const tail = sharedLength(
    actual.slice(start).toReversed(),
    expected.slice(start).toReversed(),
  );
  const head = actual.slice(0, start).map((line) => `    ${line}`);
  const end = actual.slice(actual.length - tail).map((line) => `    ${line}`);
  const removed = actual.slice(start, actual.length - tail);
  const added = expected.slice(start, expected.length - tail);
  return [...head, ...interleave(removed, added), ...end];
}

function sharedLength(a: string[], b: string[]): number {
  const index = a.findIndex((line, index) => line !== b[index]);
  return index < 0 ? a.length : index;
}

/** Keeps the longest sequence of lines that both have, in order. */
function interleave(removed: string[], added: string[]): string[] {
  const minus = (line: string) => `-   ${line}`;
  const plus = (line: string) => `+   ${line}`;
  if (removed.length * added.length > maxCells) {
    return [...removed.map(minus), ...added.map(plus)];
  }
  const shared = sharedLengths(removed, added);
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < removed.length || j < added.length) {
    const [left, right] = [removed[i], added[j]];
    if (left !== undefined && left === right) {
      lines.push(`    ${left}`);
      i++;
      j++;
    } else if (
      right === undefined ||
      (left !== undefined && at(shared, i + 1, j) >= at(shared, i, j + 1))
    ) {
      lines.push(minus(left ?? ""));
      i++;
    } else {
      lines.push(plus(right));
      j++;
    }
  }
  return lines;
}

/** Cell `i, j`: how many lines `a` from `i` and `b` from `j` share, in order. */
function sharedLengths(a: string[], b: string[]): number[][] {
  const table = Array.from(
    { length: a.length + 1 },
    () => new Array<number>(b.length + 1).fill(0),
  );
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const cell = a[i] === b[j]
        ? at(table, i + 1, j + 1) + 1
        : Math.max(at(table, i + 1, j), at(table, i, j + 1));
      const row = table[i];
      if (row) row[j] = cell;
    }
  }
  return table;
}

function at(table: number[][], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}
