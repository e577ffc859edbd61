/** A picture of a disk: a bar of parts, and what each part is. */

import { formatSize } from "./human.ts";
import type { Style, Terminal } from "./terminal.ts";

/** A part of the whole. */
export interface BarPart {
  readonly label: string;
  readonly bytes: number;
  /** One character, so that the picture does without colours, too. */
  readonly fill: string;
  readonly style?: Style;
}

// A bar of a wide terminal says no more than one that the eye can take in.
const MAX_WIDTH = 80;

/**
 * Draws the bar, and below it the parts that are not empty.
 *
 * @param columns Of the terminal.
 */
export function drawBar(
  parts: readonly BarPart[],
  { columns, paint }: {
    readonly columns: number;
    readonly paint: Terminal["paint"];
  },
): readonly string[] {
  const width = Math.min(columns, MAX_WIDTH) - 2;
  const widths = shareOut(parts.map(({ bytes }) => bytes), width);
  const cells = parts.map((part, index) =>
    colour(part, part.fill.repeat(widths[index] ?? 0))
  );
  const legend = parts.filter(({ bytes }) => bytes > 0).map((part) =>
    `${colour(part, part.fill)} ${part.label} ${formatSize(part.bytes)}`
  );
  return [`[${cells.join("")}]`, legend.join("   ")];

  function colour({ style }: BarPart, text: string): string {
    return style === undefined || text === "" ? text : paint(style, text);
  }
}

/** Cells for each amount; one that is not 0 can be seen, whatever the rest. */
function shareOut(amounts: readonly number[], width: number): number[] {
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  const cells = amounts.map((amount) =>
    amount <= 0 ? 0 : Math.max(1, Math.round(width * amount / total))
  );
  const excess = cells.reduce((sum, cell) => sum + cell, 0) - width;
  const widest = cells.indexOf(Math.max(...cells));
  cells[widest] = Math.max(0, (cells[widest] ?? 0) - excess);
  return cells;
}
