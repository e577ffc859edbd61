/** Reads one token of an action: text/template/parse/lex.go of Go. */

import { TemplateError } from "./template_error.ts";

/** A token, as it is written. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Where it begins, in characters. */
  readonly at: number;
  /** Whether a blank stands before it: `.A .B` is not `.A.B`. */
  readonly isSpaced: boolean;
}

/** What a token is. */
export type TokenKind =
  | "number"
  | "field"
  | "variable"
  | "word"
  | "string"
  | "character"
  | "sign";

/**
 * Reads the token that begins at an index, where no blank is.
 *
 * @throws {TemplateError} If none does.
 */
export function readToken(
  source: string,
  at: number,
): Omit<Token, "isSpaced"> {
  for (const [kind, pattern] of listPatterns()) {
    pattern.lastIndex = at;
    const [text] = pattern.exec(source) ?? [];
    if (text !== undefined) return { kind, text, at };
  }
  const [first = ""] = source.slice(at);
  throw new TemplateError(describeStray(first), at);
}

// Made when there is a template to read: of all commands few are given one, and
// the tables of Unicode take 1 ms of each start.
function listPatterns(): readonly (readonly [TokenKind, RegExp])[] {
  return [
    [
      "number",
      /[+-]?(?:0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)(?![\p{L}\p{N}_])/uy,
    ],
    ["field", /\.[\p{L}_][\p{L}\p{N}_]*/uy],
    ["variable", /\$[\p{L}\p{N}_]*/uy],
    ["word", /[\p{L}_][\p{L}\p{N}_]*/uy],
    ["string", /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y],
    ["character", /'(?:[^'\\\n]|\\.)+'/y],
    ["sign", /:=|[=|(),.]/y],
  ];
}

function describeStray(character: string): string {
  if (/["'`]/.test(character)) return `the text after ${character} has no end`;
  const hint = character === "-"
    ? ' (a key with it is read by index: {{index .Labels "a-b"}})'
    : "";
  return `${JSON.stringify(character)} means nothing here${hint}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
};

/** The text that a token of kind `string` or `character` stands for. */
export function unquote({ text, at }: Token): string {
  const inner = text.slice(1, -1);
  if (text.startsWith("`")) return inner;
  const escape =
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|(.))/gs;
  return inner.replace(escape, (all, x, u, long, octal, short) => {
    const hex: string | undefined = x ?? u ?? long;
    const code = hex === undefined ? parseInt(octal, 8) : parseInt(hex, 16);
    const known = ESCAPES[short];
    if (known !== undefined) return known;
    if (short === undefined && code <= 0x10ffff) {
      return String.fromCodePoint(code);
    }
    throw new TemplateError(`${all} is no escape sequence`, at);
  });
}

/** The value of a token of kind `number`. */
export function toNumber({ text, at }: Token): number {
  const isNegative = text.startsWith("-");
  const digits = text.replace(/^[+-]/, "").replaceAll("_", "");
  // Go reads a leading 0 as octal, JavaScript's Number() as decimal.
  const isOctal = /^0[0-7]+$/.test(digits);
  const value = isOctal ? parseInt(digits, 8) : Number(digits);
  if (!Number.isFinite(value)) {
    throw new TemplateError(`${text} is no number`, at);
  }
  return isNegative ? -value : value;
}
