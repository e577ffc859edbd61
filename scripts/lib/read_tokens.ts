/**
 * Splits TypeScript into tokens, enough to recognize imports, calls and
 * operators.
 */

/** A piece of source: comments and blanks are left out. */
export interface Token {
  readonly kind: "word" | "text" | "sign" | "number" | "pattern";
  /**
   * A text without its quotes, a template up to its first `${`, a pattern with
   * its slashes.
   */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  /** Where it begins and ends in the source, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
}

const PIECES = new RegExp(
  [
    String.raw`(?<comment>//.*|/\*[^]*?\*/)`,
    String.raw`(?<string>"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*')`,
    String.raw`(?<word>#?[\p{ID_Start}$_][\p{ID_Continue}$]*)`,
    String.raw`(?<number>\.?\d[\w.]*)`,
    String.raw`(?<blank>\s+)`,
    String.raw`(?<sign>[^])`,
  ].join("|"),
  "uy",
);
const PATTERN = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;

// After these words a slash begins a pattern; after others it divides.
const OPERATORS = new Set(
  "return typeof case in of instanceof new delete void throw await yield else"
    .split(" "),
);

/** Reads source that compiles; of other source it makes something. */
export function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  // How many braces are open in each `${` that is open, the innermost last.
  const braces: number[] = [];
  let position = 0;
  let line = 1;
  while (position < source.length) {
    const start = position;
    const piece = readPiece(source, start, tokens.at(-1), braces);
    position += piece.length;
    const end = position;
    if (piece.token) tokens.push({ ...piece.token, line, start, end });
    line += source.slice(start, position).split("\n").length - 1;
  }
  return tokens;
}

interface Piece {
  readonly length: number;
  readonly token?: Pick<Token, "kind" | "text">;
}

function readPiece(
  source: string,
  position: number,
  previous: Token | undefined,
  braces: number[],
): Piece {
  const character = source.charAt(position);
  const closesTemplate = character === "}" && braces.at(-1) === 0;
  if (character === "`" || closesTemplate) {
    if (closesTemplate) braces.pop();
    return readTemplate(source, position, braces);
  }
  PIECES.lastIndex = position;
  const match = PIECES.exec(source);
  const [found, groups] = [match?.[0] ?? character, match?.groups ?? {}];
  if (groups["comment"] || groups["blank"]) return { length: found.length };
  if (groups["number"]) {
    return { length: found.length, token: { kind: "number", text: found } };
  }
  if (groups["string"]) {
    const text = found.slice(1, -1);
    return { length: found.length, token: { kind: "text", text } };
  }
  if (groups["word"]) {
    return { length: found.length, token: { kind: "word", text: found } };
  }
  if (found === "/" && !endsValue(previous)) {
    PATTERN.lastIndex = position;
    const pattern = PATTERN.exec(source)?.[0];
    if (pattern) {
      const token = { kind: "pattern", text: pattern } as const;
      return { length: pattern.length, token };
    }
  }
  countBrace(found, braces);
  return { length: found.length, token: { kind: "sign", text: found } };
}

/** Reads a template from its start, or from the end of an inserted value. */
function readTemplate(
  source: string,
  position: number,
  braces: number[],
): Piece {
  let end = position + 1;
  while (end < source.length && source.charAt(end) !== "`") {
    if (source.startsWith("${", end)) {
      braces.push(0);
      break;
    }
    end += source.charAt(end) === "\\" ? 2 : 1;
  }
  const text = source.slice(position + 1, end);
  const length = end - position + (source.charAt(end) === "$" ? 2 : 1);
  const isStart = source.charAt(position) === "`";
  return isStart ? { length, token: { kind: "text", text } } : { length };
}

function countBrace(sign: string, braces: number[]): void {
  const last = braces.length - 1;
  const depth = braces[last];
  if (depth === undefined) return;
  if (sign === "{") braces[last] = depth + 1;
  if (sign === "}") braces[last] = depth - 1;
}

function endsValue(token: Token | undefined): boolean {
  switch (token?.kind) {
    case undefined:
      return false;
    case "word":
      return !OPERATORS.has(token.text);
    case "text":
    case "number":
    case "pattern":
      return true;
    case "sign":
      return token.text === ")" || token.text === "]" || token.text === "}";
  }
}
