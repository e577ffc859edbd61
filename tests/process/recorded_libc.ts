/** Functions of libc that only note how they are called. */

import {
  type LibcSymbols,
  SOCKET_SYMBOLS,
  type SocketSymbols,
  SYMBOLS,
} from "../../src/process/libc_symbols.ts";

/** What a function returns; or does, with what it is given. */
export type Answer = number | bigint | Promise<number> | AnswerOf;
const LITTLE_ENDIAN = true;

type AnswerOf = (...args: Argument[]) => number | bigint | Promise<number>;
type Argument = Uint8Array<ArrayBuffer>;

/** Such functions. */
export interface RecordedLibc {
  readonly symbols: LibcSymbols & SocketSymbols;
  /** `name argument argument`: texts in quotes, other bytes in hexadecimal. */
  readonly calls: string[];
}

/**
 * Makes all functions.
 *
 * @param answers What they return, if it is not zero.
 */
export function recordLibc(
  answers: Readonly<Record<string, Answer>> = {},
): RecordedLibc {
  const calls: string[] = [];
  const table = Object.entries({ ...SYMBOLS, ...SOCKET_SYMBOLS });
  const symbols = table.map(([name, { result }]) => {
    const answer = answers[name] ??
      (/^(i64|u64|isize|usize)$/.test(result) ? 0n : 0);
    const call = (...args: Argument[]) => {
      calls.push([name, ...args.map(show)].join(" "));
      return typeof answer === "function" ? answer(...args) : answer;
    };
    return [name, call] as const;
  });
  // They take what the real ones take.
  const all: unknown = Object.fromEntries(symbols);
  return { symbols: all as RecordedLibc["symbols"], calls };
}

/** Puts 32-bit numbers into bytes, at their offsets; @returns 0, as libc does. */
export function fillNumbers(
  bytes: Uint8Array<ArrayBuffer> | undefined,
  numbers: Readonly<Record<number, number>>,
): number {
  if (bytes === undefined) {
    throw new TypeError("Cannot fill: there are no bytes");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const [offset, number] of Object.entries(numbers)) {
    view.setUint32(Number(offset), number, LITTLE_ENDIAN);
  }
  return 0;
}

/** poll(2) that finds the same events on all but the alarm. */
export function polling(found: number): Answer {
  return (bytes) => {
    const view = new DataView(bytes?.buffer ?? new ArrayBuffer(0));
    for (let at = 8; at < view.byteLength; at += 8) {
      view.setInt16(at + 6, found, LITTLE_ENDIAN);
    }
    return Promise.resolve(1);
  };
}

/** socketpair(2) that makes 20 and 21. */
export function pairing(): Answer {
  return (...[, , , pair]) => {
    new Int32Array(pair?.buffer ?? new ArrayBuffer(8)).set([20, 21]);
    return 0;
  };
}

function show(argument: unknown): string {
  if (typeof argument === "bigint") return `${argument}n`;
  if (!ArrayBuffer.isView(argument)) return String(argument);
  const { buffer, byteOffset, byteLength } = argument;
  const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  const text = new TextDecoder().decode(bytes);
  if (/^[\x20-\x7e]*\0$/.test(text)) return JSON.stringify(text.slice(0, -1));
  return bytes.toHex().replace(
    /(?:00){9,}/g,
    (zeros) => `(${zeros.length / 2} zeros)`,
  );
}
