/** Asks on the terminal, and reads secrets from standard input. */

import { type Abortable, unlessAborted } from "../../errors/abort.ts";
import {
  type Bytes,
  concatBytes,
  toStrictText,
  toText,
} from "../../formats/bytes.ts";
import type { Terminal } from "../render/terminal.ts";
import { UsageError } from "../usage_error.ts";

/** Options of {@linkcode askLine}. */
export interface AskOptions extends Abortable {
  readonly terminal: Terminal;
  /** Whether the answer is seen while it is typed. */
  readonly echo: "on" | "off";
}

const CHUNK_BYTES = 4096;
// The longest secrets are keys of services, a few KiB of JSON.
const MAX_SECRET_BYTES = 1024 * 1024;

/** Whether standard input is a terminal. */
export function canAsk(): boolean {
  return Deno.stdin.isTerminal();
}

/** Asks for a line. The echo of the terminal is always restored afterwards. */
export async function askLine(
  question: string,
  { terminal, echo, signal }: AskOptions,
): Promise<string> {
  signal?.throwIfAborted();
  const isHidden = echo === "off";
  // Before the question, so that even an immediate answer is hidden. Ctrl-C stays a
  // signal.
  if (isHidden) Deno.stdin.setRaw(isHidden, { cbreak: isHidden });
  try {
    terminal.ask(`${question} `);
    return await readLine({ signal });
  } finally {
    if (isHidden) {
      Deno.stdin.setRaw(!isHidden);
      terminal.tell("");
    }
  }
}

/**
 * Reads all of stdin, without the ends of its lines, as podman does.
 *
 * @throws {UsageError} If that is empty, too long, or no UTF-8.
 */
export async function readSecret(options: Abortable): Promise<string> {
  const chunks: Bytes[] = [];
  let left = MAX_SECRET_BYTES;
  for (;;) {
    const chunk = await readChunk(options);
    if (chunk === undefined) break;
    left -= chunk.byteLength;
    if (left < 0) throw unusable(`longer than ${MAX_SECRET_BYTES} bytes`);
    chunks.push(chunk);
  }
  const secret = decode(concatBytes(chunks)).replace(/\r?\n/g, "");
  if (secret === "") throw unusable("empty");
  return secret;
}

function decode(bytes: Bytes): string {
  try {
    return toStrictText(bytes);
  } catch {
    throw unusable("not valid UTF-8"); // the cause could show it
  }
}

function unusable(why: string): UsageError {
  return new UsageError(`Cannot read the password: standard input is ${why}`);
}

// What a terminal sends for keys, in ASCII.
const END_OF_INPUT = 0x04;
const BACKSPACES = [0x08, 0x7f];
const NEW_LINES = [0x0a, 0x0d];
const ERASE_LINE = 0x15;

async function readLine(options: Abortable): Promise<string> {
  const line: number[] = [];
  for (;;) {
    for (const byte of await readChunk(options) ?? [END_OF_INPUT]) {
      if (byte === END_OF_INPUT || NEW_LINES.includes(byte)) {
        return toText(new Uint8Array(line));
      }
      if (byte === ERASE_LINE) line.length = 0;
      else if (BACKSPACES.includes(byte)) eraseCharacter(line);
      else line.push(byte);
    }
  }
}

/** Takes a character of one to four bytes from the end of UTF-8 text. */
function eraseCharacter(bytes: number[]): void {
  while (((bytes.pop() ?? 0) & 0xc0) === 0x80) { /* one that goes on */ }
}

/** Reads from stdin; undefined at its end. */
async function readChunk({ signal }: Abortable): Promise<Bytes | undefined> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  const read = () => Deno.stdin.read(buffer);
  const count = await unlessAborted(read, { signal });
  return count === null ? undefined : buffer.subarray(0, count);
}
