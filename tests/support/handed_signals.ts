/**
 * Finds calls that wait and are not handed the signal that their caller has:
 * nobody could stop these.
 */

import { dirname, join } from "@std/path";
import { readTokens, type Token } from "../../scripts/lib/read_tokens.ts";

/** A call without its caller's signal. */
export interface UnhandedSignal {
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  /** What is called. */
  readonly callee: string;
}

type Tokens = readonly Token[];

/** A function that was declared: its name, parameters and body. */
interface Declared {
  readonly name: string;
  readonly parameters: Tokens;
  readonly body: Tokens;
}

const SIGNAL = "signal";
// What functions in functions have it in, and pass on as a whole.
const WHOLE = ["options", "opening", "abortable"];
const OPENING = new Set(["(", "[", "{"]);
const CLOSING = new Set([")", "]", "}"]);

/** Looks through sources by path; by names, since it knows no types. */
export function findUnhandedSignals(
  sources: ReadonlyMap<string, string>,
): readonly UnhandedSignal[] {
  const files = [...sources].map(([path, source]): SourceFile => {
    const tokens = readTokens(source);
    const imports = listImports(source, path);
    return {
      path,
      functions: listFunctions(tokens),
      interfaces: listInterfaces(tokens),
      keyOf: (name) => imports.get(name) ?? `${path} ${name}`,
    };
  });
  const types = listAbortableTypes(files);
  const waiting = new Set(files.flatMap(({ functions, keyOf }) => {
    const isAbortable = (name: string) => types.has(keyOf(name));
    return functions
      .filter(({ parameters }) => takesSignal(parameters, isAbortable))
      .map(({ name }) => keyOf(name));
  }));
  return files.flatMap(({ path, functions, keyOf }) => {
    const isWaiting = (name: string) => waiting.has(keyOf(name));
    const isAbortable = (name: string) => types.has(keyOf(name));
    return functions.flatMap((one) =>
      findInFunction(one, { isWaiting, isAbortable })
        .map((found) => ({ path, ...found }))
    );
  });
}

interface SourceFile {
  readonly path: string;
  readonly functions: readonly Declared[];
  readonly interfaces: readonly Interface[];
  /** What a name means there: the file that declares it, and its name. */
  readonly keyOf: (name: string) => string;
}

/** What a file calls by a name: the other file, and its name there. */
function listImports(source: string, path: string): Map<string, string> {
  const clauses = source.matchAll(
    /^import (?:type )?\{([^}]*)\} from "(\.[^"]*)";$/gm,
  );
  return new Map(
    [...clauses].flatMap(([, names = "", target = ""]) =>
      names.split(",").map((text) => {
        const [name = "", own = name] = text.trim().replace(/^type /, "").split(
          " as ",
        );
        return [own, `${join(dirname(path), target)} ${name}`] as const;
      })
    ),
  );
}

function takesSignal(
  parameters: Tokens,
  isAbortable: (name: string) => boolean,
): boolean {
  return parameters.some(({ kind, text }, at) =>
    kind === "word" &&
    (text === SIGNAL || (isAbortable(text) && !isPart(parameters, at)))
  );
}

/** Whether a type is but where another one is taken from: `Call<A>["flags"]`. */
function isPart(tokens: Tokens, at: number): boolean {
  let end = at + 1;
  if (tokens[end]?.text === "<") end = findNext(tokens, end, ">") + 1;
  const isPicked = tokens[at - 2]?.text === "Pick" &&
    tokens.slice(at, findNext(tokens, at, ">"))
      .every(({ text }) => text !== SIGNAL);
  return tokens[end]?.text === "[" || isPicked;
}

interface Interface {
  readonly name: string;
  /** What it extends. */
  readonly head: Tokens;
  readonly members: Tokens;
}

/** With other names for types, which are as if they extended these. */
function listInterfaces(tokens: Tokens): readonly Interface[] {
  return tokens.flatMap((token, index) => {
    const name = tokens[index + 1];
    if (token.text === "type" && tokens[index + 2]?.text === "=") {
      const head = tokens.slice(index + 3, findNext(tokens, index, ";"));
      return [{ name: name?.text ?? "", head, members: [] }];
    }
    if (token.text !== "interface" || name?.kind !== "word") return [];
    const open = findNext(tokens, index, "{");
    const head = tokens.slice(index + 2, open);
    const members = tokens.slice(open + 1, closeOf(tokens, open));
    return [{ name: name.text, head, members }];
  });
}

/** Those with a signal, of their own or by what they extend. */
function listAbortableTypes(
  files: readonly SourceFile[],
): ReadonlySet<string> {
  const found = new Set<string>();
  for (let known = -1; known < found.size;) {
    known = found.size;
    for (const { interfaces, keyOf } of files) {
      const isAbortable = (name: string) => found.has(keyOf(name));
      for (const { name, head, members } of interfaces) {
        const isOwn = members.some(({ text }, at) =>
          text === SIGNAL &&
          members.slice(at, at + 4).some((one) => one.text === "AbortSignal")
        );
        if (isOwn || takesSignal(head, isAbortable)) found.add(keyOf(name));
      }
    }
  }
  return found;
}

function listFunctions(tokens: Tokens): readonly Declared[] {
  return tokens.flatMap((token, index) => {
    const [name, open] = [tokens[index + 1], index + 2];
    if (token.text !== "function" || token.kind !== "word") return [];
    if (name?.kind !== "word") return [];
    const first = findNext(tokens, open - 1, "(");
    const close = closeOf(tokens, first);
    const start = findBody(tokens, close + 1);
    if (start === undefined) return [];
    const parameters = tokens.slice(first + 1, close);
    const body = tokens.slice(start + 1, closeOf(tokens, start));
    return [{ name: name.text, parameters, body }];
  });
}

/** The brace behind the type that a function returns, which may have braces. */
function findBody(tokens: Tokens, from: number): number | undefined {
  for (let at = from; at < tokens.length; at++) {
    const { text = "", kind } = tokens[at] ?? {};
    if (kind !== "sign") continue;
    if (text === ";") return undefined;
    if (text !== "{") continue;
    const before = tokens[at - 1]?.text ?? "";
    const isType = [":", "<", "|", "&", ","].includes(before);
    if (!isType) return at;
    at = closeOf(tokens, at);
  }
  return undefined;
}

function findInFunction(
  { parameters, body }: Declared,
  { isWaiting, isAbortable }: {
    readonly isWaiting: (name: string) => boolean;
    readonly isAbortable: (name: string) => boolean;
  },
): readonly Omit<UnhandedSignal, "path">[] {
  const bound = [...parameters, ...body].some(({ text }, at, all) =>
    text === SIGNAL && all[at - 1]?.text !== "."
  );
  if (!bound || !isBound(parameters, body)) return [];
  const carriers = listCarriers(parameters, body, isAbortable);
  return body.flatMap((token, index) => {
    const isCall = token.kind === "word" && isWaiting(token.text) &&
      body[index + 1]?.text === "(" && body[index - 1]?.text !== "function" &&
      body[index - 1]?.text !== ".";
    if (!isCall) return [];
    const given = body.slice(index + 2, closeOf(body, index + 1));
    const isHanded = given.some(({ kind, text }) =>
      kind === "word" && carriers.has(text)
    );
    return isHanded ? [] : [{ line: token.line, callee: token.text }];
  });
}

/** Whether the function has a variable of that name: `{ a, signal }`. */
function isBound(parameters: Tokens, body: Tokens): boolean {
  const isMember = (tokens: Tokens) =>
    tokens.some(({ text }, at) =>
      text === SIGNAL && ["{", ","].includes(tokens[at - 1]?.text ?? "") &&
      ["}", ",", "="].includes(tokens[at + 1]?.text ?? "")
    );
  const destructured = body.flatMap((token, index) => {
    if (token.text !== "const" || body[index + 1]?.text !== "{") return [];
    return body.slice(index + 1, closeOf(body, index + 1) + 1);
  });
  return isMember(parameters) || isMember(destructured);
}

/** What has the signal in it: whole parameters, and what is made of these. */
function listCarriers(
  parameters: Tokens,
  body: Tokens,
  isAbortable: (name: string) => boolean,
): ReadonlySet<string> {
  const carriers = new Set([SIGNAL, ...WHOLE]);
  let depth = 0;
  for (const [at, { kind, text }] of parameters.entries()) {
    if (OPENING.has(text) && kind === "sign") depth++;
    if (CLOSING.has(text) && kind === "sign") depth--;
    const next = parameters[at + 1]?.text ?? "";
    if (depth === 0 && kind === "word" && [":", "?", "="].includes(next)) {
      const type = parameters[at + 2];
      if (type !== undefined && isAbortable(type.text)) carriers.add(text);
    }
  }
  for (let known = -1; known < carriers.size;) {
    known = carriers.size;
    for (const [at, { text }] of body.entries()) {
      if (text !== "const" || body[at + 1]?.kind !== "word") continue;
      const end = findEnd(body, at);
      const made = body.slice(at + 2, end);
      if (made.some((one) => one.kind === "word" && carriers.has(one.text))) {
        carriers.add(body[at + 1]?.text ?? "");
      }
    }
  }
  return carriers;
}

function findEnd(tokens: Tokens, from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const { text = "", kind } = tokens[at] ?? {};
    if (kind !== "sign") continue;
    if (OPENING.has(text)) depth++;
    if (CLOSING.has(text)) depth--;
    if (depth < 0 || (depth === 0 && text === ";")) return at;
  }
  return tokens.length;
}

function findNext(tokens: Tokens, from: number, sign: string): number {
  let at = from + 1;
  while (at < tokens.length && tokens[at]?.text !== sign) at++;
  return at;
}

/** Where the bracket is closed that is at `open`. */
function closeOf(tokens: Tokens, open: number): number {
  let depth = 0;
  for (let at = Math.max(open, 0); at < tokens.length; at++) {
    const { text = "", kind } = tokens[at] ?? {};
    if (kind !== "sign") continue;
    if (OPENING.has(text)) depth++;
    if (CLOSING.has(text)) depth--;
    if (depth === 0) return at;
  }
  return tokens.length;
}
