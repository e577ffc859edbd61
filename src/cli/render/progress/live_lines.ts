/** Lines at the end of a terminal that are drawn again and again. */

import { sum } from "../../../formats/sum.ts";
import { widthOf } from "../display_width.ts";

// DECAWM: a line that is too long for a terminal which has just become
// narrower, or whose size is unknown, must not take two rows.
const NO_WRAP = "\x1b[?7l";
const WRAP = "\x1b[?7h";

/** Where they are drawn, and how wide that is now. */
export interface LiveScreen {
  write(text: string): void;
  /** In columns; a person may change it at any time. */
  readonly columns: number;
}

/** The lines that are there, below all that is said meanwhile. */
export class LiveLines {
  readonly #screen: LiveScreen;
  #lines: readonly string[] = [];

  constructor(screen: LiveScreen) {
    this.#screen = screen;
  }

  /** Draws lines in place of those that are there. */
  draw(lines: readonly string[]): void {
    // Overwritten in one go: erased first, they would flicker.
    const start = this.#goToStart();
    this.#lines = lines;
    this.#screen.write(`${start}${this.#text()}\x1b[J`);
  }

  /** Writes text above the lines; it ends with a newline. */
  writeAbove(text: string): void {
    if (this.#lines.length === 0) return this.#screen.write(text);
    this.#screen.write(
      `${this.#goToStart()}\x1b[J${text}${this.#text()}`,
    );
  }

  /** Leaves the lines as they are: what is written next stands below them. */
  release(): void {
    this.#lines = [];
  }

  #text(): string {
    if (this.#lines.length === 0) return "";
    const lines = this.#lines.map((line) => `${line}\x1b[K\n`).join("");
    return `${NO_WRAP}${lines}${WRAP}`;
  }

  #goToStart(): string {
    const { columns } = this.#screen;
    // A terminal that has become narrower has broken them into more rows.
    const rows = sum(
      this.#lines.map((line) =>
        Math.max(1, Math.ceil(widthOf(line) / columns))
      ),
    );
    // A key that was pressed meanwhile, such as ^C, may stand behind them.
    return rows > 0 ? `\r\x1b[${rows}A` : "";
  }
}
