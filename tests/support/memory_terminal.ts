/** A terminal that remembers what it was told. */

import type { Terminal } from "../../src/cli/terminal.ts";

/** What was printed and told, line by line. */
export interface MemoryTerminal extends Terminal {
  readonly printed: string[];
  readonly told: string[];
  readonly drawn: string[];
}

/** Makes a terminal in memory. */
export function memoryTerminal(
  { columns, errorColumns }: { columns?: number; errorColumns?: number } = {},
): MemoryTerminal {
  const printed: string[] = [];
  const told: string[] = [];
  const drawn: string[] = [];
  return {
    printed,
    told,
    drawn,
    columns,
    errorColumns,
    print: (text) => void printed.push(...text.split("\n")),
    tell: (text) => void told.push(...text.split("\n")),
    draw: (text) => void drawn.push(text),
    paint: (_, text) => text,
  };
}
