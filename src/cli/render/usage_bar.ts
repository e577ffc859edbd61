/** A picture of a disk: a bar of parts, and what each part is. */

import { formatSize } from "../../formats/config/byte_size.ts";
import { sum } from "../../formats/sum.ts";
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
  const width = Math.max(Math.min(columns, MAX_WIDTH) - 2, 0);
  const widths = shareOut(parts.map(({ bytes }) => bytes), width);
  const cells = parts.map((part, index) =>
    colour(part, part.fill.repeat(widths[index] ?? 0))
  );
  // A bar in which not every part has a cell says something wrong.
  const bar = width < parts.length ? [] : [`[${cells.join("")}]`];
  const legend = parts.filter(({ bytes }) => bytes > 0).map((part) => {
    const text = ` ${part.label} ${formatSize(part.bytes)}`;
    return {
      text: `${colour(part, part.fill)}${text}`,
      width: 1 + text.length,
    };
  });
  return [...bar, ...setLegend(legend, columns)];

  function colour({ style }: BarPart, text: string): string {
    return style === undefined || text === "" ? text : paint(style, text);
  }
}

interface Entry {
  readonly text: string;
  /** In columns, without the marks of colours. */
  readonly width: number;
}

const GAP = "   ";

/** As many entries in a line as fit; at least one. */
function setLegend(entries: readonly Entry[], columns: number): string[] {
  const lines: string[] = [];
  let used = 0;
  for (const { text, width } of entries) {
    const last = lines.at(-1);
    used += GAP.length + width;
    if (last === undefined || used > columns) {
      lines.push(text);
      used = width;
    } else lines[lines.length - 1] = last + GAP + text;
  }
  return lines;
}

/** Cells for each amount; one that is not 0 can be seen, whatever the rest. */
function shareOut(amounts: readonly number[], width: number): number[] {
  const total = sum(amounts);
  const cells = amounts.map((amount) =>
    amount <= 0 ? 0 : Math.max(1, Math.round(width * amount / total))
  );
  const excess = sum(cells) - width;
  const widest = cells.indexOf(Math.max(...cells));
  cells[widest] = Math.max(0, (cells[widest] ?? 0) - excess);
  return cells;
}
