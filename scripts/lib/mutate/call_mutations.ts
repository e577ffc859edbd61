/** Changes of calls, what they are given, and what comes of them. */

import type { Mutation } from "./mutation.ts";
import type { Token } from "../read_tokens.ts";

type Tokens = readonly Token[];

/** Modes of locks and the like, of which the other one is as easily written. */
const OPPOSITES: Readonly<Record<string, string>> = {
  read: "write",
  write: "read",
  keep: "remove",
};
const ORDERS = new Set(["toSorted", "toReversed", "sort", "reverse"]);
// Math's: their arguments may come in any order.
const SYMMETRIC = new Set(["max", "min"]);
const COMPARISONS = new Set(["=", "?"]);

/**
 * Lists the changes at a token: a call is not awaited, a signal is not passed
 * on, a list is not sorted, arguments are swapped, an error loses its class, a
 * lock gets the other mode, a text is changed, a pattern matches more.
 */
export function listCallMutations(
  tokens: Tokens,
  index: number,
): readonly Mutation[] {
  return [
    ...dropAwait(tokens, index),
    ...dropSignal(tokens, index),
    ...dropOrder(tokens, index),
    ...swapArguments(tokens, index),
    ...changeErrorClass(tokens, index),
    ...changeText(tokens, index),
    ...loosenPattern(tokens[index]),
  ];
}

function dropAwait(tokens: Tokens, index: number): readonly Mutation[] {
  const [token, next] = [tokens[index], tokens[index + 1]];
  if (token?.text !== "await" || token.kind !== "word") return [];
  if (next === undefined || next.text === "using") return [];
  // The caller awaits it in any case.
  if (tokens[index - 1]?.text === "return") return [];
  if (tokens[index - 1]?.text === "for") return [];
  const { start, line } = token;
  return [{ start, end: next.start, replacement: "", line }];
}

/** In `{ signal }` or `{ a, signal, b }`. */
function dropSignal(tokens: Tokens, index: number): readonly Mutation[] {
  const [before, token, after] = tokens.slice(Math.max(0, index - 1));
  if (token?.text !== "signal" || token.kind !== "word") return [];
  const isShort = (before?.text === "{" || before?.text === ",") &&
    (after?.text === "}" || after?.text === ",");
  if (!isShort) return [];
  const { start, line } = token;
  const end = after.text === "," ? after.end : token.end;
  return [{ start, end, replacement: "", line }];
}

function dropOrder(tokens: Tokens, index: number): readonly Mutation[] {
  const [dot, name, open] = tokens.slice(index, index + 3);
  if (dot?.text !== "." || name === undefined || open?.text !== "(") return [];
  if (!ORDERS.has(name.text)) return [];
  const close = closeOf(tokens, index + 2);
  if (close === undefined) return [];
  const { start, line } = dot;
  return [{ start, end: close.end, replacement: "", line }];
}

/** Of `f(a, b)`: what differs in type does not compile, and does not count. */
function swapArguments(tokens: Tokens, index: number): readonly Mutation[] {
  const [callee, open, first, comma, second, close] = tokens.slice(index);
  if (callee?.kind !== "word" || open?.text !== "(") return [];
  if (open.start !== callee.end || tokens[index - 1]?.text === "function") {
    return [];
  }
  if (first?.kind !== "word" || second?.kind !== "word") return [];
  if (comma?.text !== "," || close?.text !== ")") return [];
  if (SYMMETRIC.has(callee.text)) return [];
  const { line, start } = first;
  const replacement = `${second.text}, ${first.text}`;
  return [{ start, end: second.end, replacement, line }];
}

function changeErrorClass(tokens: Tokens, index: number): readonly Mutation[] {
  const [word, name] = [tokens[index - 1], tokens[index]];
  if (word?.text !== "new" || name?.kind !== "word") return [];
  if (!/.Error$/.test(name.text)) return [];
  const { start, end, line } = name;
  return [{ start, end, replacement: "Error", line }];
}

/** A mode, a default, or what a value is compared with. */
function changeText(tokens: Tokens, index: number): readonly Mutation[] {
  const token = tokens[index];
  if (token?.kind !== "text") return [];
  const { text, start, end, line } = token;
  if (Object.hasOwn(OPPOSITES, text)) {
    return [{ start, end, replacement: `"${OPPOSITES[text]}"`, line }];
  }
  // `=`, `===`, `!==`, `??`: the last sign of each.
  const isCompared = COMPARISONS.has(tokens[index - 1]?.text ?? "");
  if (!isCompared || end - start !== text.length + 2) return [];
  if (isFirstOfSplit(tokens, index)) return [];
  return [{ start, end, replacement: `"changed"`, line }];
}

/** `const [first = "", …] = ….split(…);`: there is always a first one. */
function isFirstOfSplit(tokens: Tokens, index: number): boolean {
  if (tokens[index - 3]?.text !== "[" || tokens[index - 4]?.text === "=") {
    return false;
  }
  const end = tokens.findIndex(({ text }, at) => at > index && text === ";");
  const [close, assign] = tokens.slice(index + 1)
    .filter(({ text }) => text === "]" || text === "=");
  const open = tokens.findLastIndex(({ text }, at) =>
    at < end && text === "split"
  );
  const isLast = open > index &&
    closeOf(tokens, open + 1) === tokens[end - 1];
  return close?.text === "]" && assign?.text === "=" && isLast;
}

/** It may match in the middle of a text. */
function loosenPattern(token: Token | undefined): readonly Mutation[] {
  if (token?.kind !== "pattern") return [];
  const { text, start, end, line } = token;
  const open = text.replace(/^\/\^/, "/");
  // What takes all, line breaks too, takes it to the end.
  const ended = /\.\*\)?\$\/\w*s\w*$/.test(text)
    ? text
    : text.replace(/([^\\])\$(?=\/\w*$)/, "$1");
  return [open, ended]
    .filter((one) => one !== text && !one.startsWith("//"))
    .map((replacement) => ({ start, end, replacement, line }));
}

/** The parenthesis that closes the one at `open`. */
export function closeOf(tokens: Tokens, open: number): Token | undefined {
  let depth = 0;
  for (const token of tokens.slice(open)) {
    if (token.kind !== "sign") continue;
    if (token.text === "(") depth++;
    if (token.text === ")") depth--;
    if (depth === 0) return token;
  }
  return undefined;
}
