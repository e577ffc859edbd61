/**
 * Where text goes: results to stdout, all else to stderr. It is the one place
 * where text leaves the program, so nothing gets past `showControls()`.
 */

import { whyOf } from "../../errors/why.ts";
import { toText } from "../../formats/bytes.ts";
import { readEnv } from "../input/read_env.ts";
import { LiveLines } from "./progress/live_lines.ts";
import { showControls, showOutput } from "../../formats/visible_text.ts";

/** The two outputs of a command, and what they can show. */
export interface Terminal {
  /** Writes a result to stdout, with a newline. */
  print(text: string): void;
  /**
   * Writes what a registry or a file holds to stdout, byte for byte, so that its
   * digest stays; but to a terminal as text that does no harm.
   */
  write(bytes: Uint8Array): void;
  /**
   * Writes what a container has written to where it wrote it: byte for byte, but
   * to a terminal as text that does no harm, and may have colours.
   *
   * @returns Whether somebody reads it; not if a pipe is closed (`… | head`).
   */
  relay(stream: "stdout" | "stderr", bytes: Uint8Array): boolean;
  /** Writes a message to stderr, with a newline. */
  tell(text: string): void;
  /** Writes a question to stderr, without a newline. */
  ask(text: string): void;
  /**
   * Draws lines on stderr in place of those drawn before, below all messages;
   * `"end"` leaves them there.
   */
  draw(lines: readonly string[] | "end"): void;
  /** Columns of stdout; undefined if it is not a terminal. */
  readonly columns: number | undefined;
  /** Of stderr; undefined if nothing can be drawn there. */
  readonly errorSize: TerminalSize | undefined;
  /** Styles text for stdout; plain unless colours are enabled. */
  paint(style: Style, text: string): string;
}

/** How much a terminal can show. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A way to mark text. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow";

// SGR parameters, ECMA-48 section 8.3.117.
const SGR: Readonly<Record<Style, [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

/** The process's own outputs. */
export function openTerminal({ color }: { color: boolean }): Terminal {
  const isClosed = readEnv("ORLOP_STDOUT") === "closed";
  const output = new Output("stdout", isClosed ? CLOSED : Deno.stdout);
  const errors = new Output("stderr", Deno.stderr);
  // NO_COLOR is honoured by Deno itself, without the permission to read it.
  const isColored = color && !Deno.noColor && Deno.stdout.isTerminal();
  const live = new LiveLines({
    write: (text) => errors.write(text),
    get columns() {
      return sizeOf(Deno.stderr)?.columns ?? DEFAULT_SIZE.columns;
    },
  });
  return {
    print: (text) => output.write(`${finish(text)}\n`),
    write: (bytes) =>
      Deno.stdout.isTerminal()
        ? output.write(`${finish(toText(bytes))}\n`)
        : output.writeBytes(bytes),
    relay: (stream, bytes) => {
      const target = stream === "stdout" ? output : errors;
      return Deno[stream].isTerminal()
        ? target.write(showOutput(toText(bytes), { isColored }))
        : target.writeBytes(bytes);
    },
    tell: (text) => live.writeAbove(`${showControls(text)}\n`),
    ask: (text) => errors.write(showControls(text)),
    draw: (lines) =>
      lines === "end" ? live.release() : live.draw(lines.map(showControls)),
    get columns() {
      return sizeOf(Deno.stdout)?.columns;
    },
    get errorSize() {
      // A dumb terminal cannot go back to a line.
      return readEnv("TERM") === "dumb" ? undefined : sizeOf(Deno.stderr);
    },
    paint: (style, text) => isColored ? paint(style, text) : text,
  };
}

// What begins a style until it is written: no text from outside has it. Made with
// the first style.
let mark: string | undefined;

/** Wraps text into the marks of a style, which `finish()` makes sequences. */
function paint(style: Style, text: string): string {
  const [on, off] = SGR[style];
  mark ??= `\x1b${crypto.randomUUID()}`;
  return `${mark}${on}m${text}${mark}${off}m`;
}

function finish(text: string): string {
  const visible = showControls(text);
  if (mark === undefined) return visible;
  return visible.replaceAll(showControls(mark), "\x1b[");
}

interface Sink {
  writeSync(bytes: Uint8Array): number;
  isTerminal(): boolean;
}

/** A standard stream that was closed at the start. */
const CLOSED: Sink = {
  writeSync() {
    throw new Error("it is closed");
  },
  isTerminal: () => false,
};

/** Writes all, and stops silently when the reader closes the pipe (`… | head`). */
class Output {
  readonly #name: "stdout" | "stderr";
  readonly #sink: Sink;
  readonly #encoder = new TextEncoder();
  #hasReader = true;

  constructor(name: "stdout" | "stderr", sink: Sink) {
    this.#name = name;
    this.#sink = sink;
  }

  /** @returns Whether there is a reader. */
  write(text: string): boolean {
    return this.writeBytes(this.#encoder.encode(text));
  }

  /** @returns As `write()`. */
  writeBytes(bytes: Uint8Array): boolean {
    try {
      while (this.#hasReader && bytes.length > 0) {
        bytes = bytes.subarray(this.#sink.writeSync(bytes));
      }
    } catch (error) {
      this.#hasReader = false;
      // The work continues: a closed pipe must not interrupt a cleanup; and an
      // error of stderr cannot be reported.
      const isTold = this.#name === "stdout" &&
        !(error instanceof Deno.errors.BrokenPipe);
      if (isTold) {
        throw new Error(`Cannot write to ${this.#name}: ${whyOf(error)}`);
      }
    }
    return this.#hasReader;
  }
}

/** The size of a VT100. */
export const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };

function sizeOf(sink: Sink): TerminalSize | undefined {
  if (!sink.isTerminal()) return undefined;
  try {
    // Asks stdin, stdout and stderr in turn; a terminal of size 0 is one
    // whose size nobody has set, as under some CI runners.
    const { columns, rows } = Deno.consoleSize();
    return {
      columns: columns || DEFAULT_SIZE.columns,
      rows: rows || DEFAULT_SIZE.rows,
    };
  } catch {
    return DEFAULT_SIZE;
  }
}
