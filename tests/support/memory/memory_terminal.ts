/** A terminal that remembers what it was told. */

import type {
  Terminal,
  TerminalSize,
} from "../../../src/cli/render/terminal.ts";

/** What was printed and told, line by line. */
export interface MemoryTerminal extends Terminal {
  readonly printed: string[];
  readonly told: string[];
  /** Frame by frame. */
  readonly drawn: (readonly string[])[];
}

/** Makes a terminal in memory. */
export function memoryTerminal(
  { columns, errorSize }: { columns?: number; errorSize?: TerminalSize } = {},
): MemoryTerminal {
  const printed: string[] = [];
  const told: string[] = [];
  const drawn: (readonly string[])[] = [];
  return {
    printed,
    told,
    drawn,
    columns,
    errorSize,
    print: (text) => void printed.push(...text.split("\n")),
    write: (bytes) => void printed.push(new TextDecoder().decode(bytes)),
    relay: (stream, bytes) => {
      const text = new TextDecoder().decode(bytes);
      (stream === "stdout" ? printed : told).push(text);
      return true;
    },
    tell: (text) => void told.push(...text.split("\n")),
    ask: (text) => void told.push(text),
    draw: (lines) => lines === "end" ? undefined : void drawn.push(lines),
    paint: (_, text) => text,
  };
}
