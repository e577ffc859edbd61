/** Tables that fit the terminal, as podman sets them. */

import { sum } from "../../formats/sum.ts";
import { cutToWidth, padToWidth, widthOf } from "./display_width.ts";
import { showOnOneLine } from "../../formats/visible_text.ts";

/** A column: what stands above it, and its text for a row. */
export interface Column<Row> {
  readonly header: string;
  /** The name of the field in templates: `{{.ID}}`. */
  readonly field: string;
  readonly text: (row: Row) => string;
  /** Whether the text may be cut to make the table fit. */
  readonly isElastic?: boolean;
}

/** How a table is set. */
export interface TableOptions {
  /** The terminal's columns; nothing is cut if undefined. */
  readonly width?: number | undefined;
}

// As podman sets them, by text/tabwriter of Go.
const LEAST_WIDTH = 10;
const GAP = 2;
/** An elastic column keeps at least this much, to stay of use. */
const LEAST_ELASTIC_WIDTH = 12;

/** Sets rows below their headers. */
export function tableText<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { width }: TableOptions = {},
): string {
  const cells = [
    columns.map(({ header }) => header),
    ...rows.map((row) => columns.map(({ text }) => showOnOneLine(text(row)))),
  ];
  const widths = columns.map((_, index) =>
    Math.max(LEAST_WIDTH, ...cells.map((line) => widthOf(line[index] ?? "")))
  );
  if (width !== undefined) shrink(widths, columns, width);
  return cells.map((line) => setLine(line, widths)).join("\n");
}

function setLine(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, index) => {
      const width = widths[index] ?? 0;
      const text = cutToWidth(cell, width);
      const isLast = index === cells.length - 1;
      return isLast ? text : padToWidth(text, width + GAP);
    })
    .join("")
    .trimEnd();
}

/** Takes from the widest elastic column until the table fits. */
function shrink<Row>(
  widths: number[],
  columns: readonly Column<Row>[],
  available: number,
): void {
  const gaps = GAP * (widths.length - 1);
  let excess = gaps + sum(widths) - available;
  while (excess > 0) {
    let widest = -1;
    for (const [index, width] of widths.entries()) {
      if (!columns[index]?.isElastic || width <= LEAST_ELASTIC_WIDTH) continue;
      if (widest < 0 || width > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
}
