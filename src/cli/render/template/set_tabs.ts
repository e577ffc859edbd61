/** Sets text at tab stops: Go's text/tabwriter, with podman's measures. */

import { padToWidth, widthOf } from "../display_width.ts";

const LEAST_WIDTH = 12; // with the gap
const GAP = 2;

/**
 * Sets lines whose cells end with tabs. A column is as wide as its widest cell
 * in neighbouring lines; what stands after a line's last tab is in none.
 */
export function setTabs(lines: readonly string[]): readonly string[] {
  const rows = lines.map((line) => line.split("\t"));
  const widths = rows.map((): number[] => []);
  setColumn(rows, widths, { column: 0, from: 0, to: rows.length });
  return rows.map((cells, row) =>
    cells.map((cell, index) => padToWidth(cell, widths[row]?.[index] ?? 0))
      .join("")
  );
}

interface Block {
  readonly column: number;
  readonly from: number;
  readonly to: number;
}

/** Measures a column's blocks, and in each those of the next column. */
function setColumn(
  rows: readonly (readonly string[])[],
  widths: readonly number[][],
  { column, from, to }: Block,
): void {
  const isIn = (row: number) => (rows[row]?.length ?? 0) > column + 1;
  for (let start = from; start < to; start++) {
    if (!isIn(start)) continue;
    let end = start;
    let width = 0;
    for (; end < to && isIn(end); end++) {
      width = Math.max(width, widthOf(rows[end]?.[column] ?? ""));
    }
    const whole = Math.max(width + GAP, LEAST_WIDTH);
    for (let row = start; row < end; row++) widths[row]?.push(whole);
    setColumn(rows, widths, { column: column + 1, from: start, to: end });
    start = end;
  }
}
