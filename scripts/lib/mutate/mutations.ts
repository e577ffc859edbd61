/** Small changes that break a program, for finding out whether a test notices. */

import { closeOf, listCallMutations } from "./call_mutations.ts";
import type { Mutation } from "./mutation.ts";
import { readTokens, type Token } from "../read_tokens.ts";

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  ">": [">=", "<="],
  "<=": ["<", ">"],
  ">=": [">", "<"],
  "&&": ["||"],
  "||": ["&&"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "+=": ["-="],
  "-=": ["+="],
};
const WORDS: Readonly<Record<string, string>> = {
  true: "false",
  false: "true",
};
// Words that begin a statement which cannot just be left out.
const DECLARATIONS = new Set(
  "const let var function class return if for while do switch case default try else import export using async type interface static get set readonly break continue finally catch new yield super"
    .split(" "),
);

/**
 * Lists the changes of a source that was formatted by `deno fmt`: operators,
 * conditions, numbers, booleans, statements that are left out, and what
 * `listCallMutations()` knows.
 */
export function listMutations(source: string): readonly Mutation[] {
  const tokens = readTokens(source);
  return tokens.flatMap((token, index) => [
    ...changeOperator(tokens, index, source),
    ...changeWord(token, tokens[index - 1]),
    ...changeNumber(token),
    ...dropNegation(tokens, index),
    ...negateCondition(tokens, index),
    ...dropStatement(tokens, index, source),
    ...listCallMutations(tokens, index),
  ]);
}

/** Applies a change. */
export function mutate(
  source: string,
  { start, end, replacement }: Mutation,
): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

function changeOperator(
  tokens: readonly Token[],
  index: number,
  source: string,
): readonly Mutation[] {
  const first = tokens[index];
  // Types and calls have no blanks around their signs, so that they are none.
  if (first?.kind !== "sign" || !isBlank(source[first.start - 1])) return [];
  const rest = /^\S+/.exec(source.slice(first.start))?.[0] ?? "";
  const end = first.start + rest.length;
  const isOfSigns = tokens.slice(index, index + rest.length)
    .every(({ kind, start }, n) =>
      kind === "sign" && start === first.start + n
    );
  if (!isOfSigns || !Object.hasOwn(OPERATORS, rest)) return [];
  const [before, after] = [tokens[index - 1], tokens[index + rest.length]];
  const isOfTexts = before?.kind === "text" || after?.kind === "text";
  if (rest === "+" && isOfTexts) return [];
  return (OPERATORS[rest] ?? []).map((replacement) => ({
    ...{ start: first.start, end, replacement, line: first.line },
  }));
}

function changeWord(
  { kind, text, start, end, line }: Token,
  previous: Token | undefined,
): readonly Mutation[] {
  const replacement = Object.hasOwn(WORDS, text) ? WORDS[text] : undefined;
  if (kind !== "word" || replacement === undefined) return [];
  const isMember = previous?.text === ".";
  return isMember ? [] : [{ start, end, replacement, line }];
}

function changeNumber(
  { kind, text, start, end, line }: Token,
): readonly Mutation[] {
  if (kind !== "number" || !/^(0x)?[\da-f_]+$/i.test(text)) return [];
  const replacement = `(${text} + 1)`;
  return [{ start, end, replacement, line }];
}

function dropNegation(
  tokens: readonly Token[],
  index: number,
): readonly Mutation[] {
  const [token, next] = [tokens[index], tokens[index + 1]];
  if (token?.text !== "!" || next === undefined) return [];
  const isAlone = next.text !== "=" && next.start === token.end;
  if (token.kind !== "sign" || !isAlone) return [];
  const { start, end, line } = token;
  return [{ start, end, replacement: "", line }];
}

function negateCondition(
  tokens: readonly Token[],
  index: number,
): readonly Mutation[] {
  const [word, open] = [tokens[index], tokens[index + 1]];
  if (word?.text !== "if" || word.kind !== "word" || open?.text !== "(") {
    return [];
  }
  const close = closeOf(tokens, index + 1);
  if (close === undefined) return [];
  const { line } = word;
  const [start, end] = [open.end, close.start];
  return ["true", "false"].map((replacement) => ({
    ...{ start, end, replacement, line },
  }));
}

/** Leaves out calls, and what is thrown. */
function dropStatement(
  tokens: readonly Token[],
  index: number,
  source: string,
): readonly Mutation[] {
  const first = tokens[index];
  if (first?.kind !== "word" || DECLARATIONS.has(first.text)) return [];
  const before = tokens[index - 1]?.text;
  const isFirst = before === "{" || before === "}" || before === ";" ||
    before === ")";
  if (!isFirst || !isBlank(source[first.start - 1])) return [];
  const last = findStatementEnd(tokens, index);
  if (last === undefined || tokens[last - 1]?.text !== ")") return [];
  const { start, line } = first;
  return [{ start, end: tokens[last]?.end ?? start, replacement: ";", line }];
}

/** The semicolon of a statement that is one expression, or `throw` and one. */
function findStatementEnd(
  tokens: readonly Token[],
  index: number,
): number | undefined {
  let depth = 0;
  for (let at = index; at < tokens.length; at++) {
    const { kind, text } = tokens[at] ?? {};
    if (kind !== "sign") continue;
    if (text === "(" || text === "[" || text === "{") depth++;
    if (text === ")" || text === "]" || text === "}") depth--;
    if (depth < 0) return undefined;
    if (depth > 0) continue;
    if (text === ";") return at;
    // An assignment, a member of a type, an element of a list.
    if (text === "=" || text === ":" || text === ",") return undefined;
  }
  return undefined;
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\n";
}
