/** Fails on imports against the layers of the program; see `DOWN` for them. */

import { dirname, join, relative } from "@std/path";
import { walk } from "@std/fs";
import { readTokens, type Token } from "./lib/read_tokens.ts";

/** A source file, by its path in the checkout. */
export interface SourceFile {
  readonly path: string;
  readonly source: string;
}

const BOTTOM = ["formats", "errors", "image_errors", "abort", "why"];
const LOWER = ["fs", "process", ...BOTTOM];

/** What each folder of `src/`, or file in it, may import besides itself. */
const DOWN: Readonly<Record<string, readonly string[]>> = {
  mod: ["runtime", "registry", "image", "store", "mount", ...LOWER],
  cli: ["runtime", "registry", "image", "store", "mount", ...LOWER],
  runtime: ["registry", "image", "store", "mount", ...LOWER],
  registry: LOWER,
  image: LOWER,
  store: LOWER,
  mount: LOWER,
  fs: ["process", ...BOTTOM],
  process: BOTTOM,
  formats: ["errors", "image_errors", "abort"],
  errors: ["abort"],
  "image_errors": ["abort"],
  abort: [],
  why: [],
  std: [],
};

/** What only one place may do, so that it can be watched. */
const RESERVED = [
  { what: "Deno.Command", where: /^src\/process\//, is: isDenoMember },
  { what: "node:child_process", where: /^src\/process\//, is: isText },
  { what: "dlopen", where: /^src\/process\/libc\.ts$/, is: isWord },
  { what: "fetch", where: /^src\/registry\//, is: isCall },
];

/** Lists what is wrong, a line each: `src/a/b.ts:3: Cannot …`. */
export function checkLayers(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, source }) => {
    const tokens = readTokens(source);
    const problems = [
      ...findImports(tokens).flatMap((found) => checkImport(path, found)),
      ...checkReserved(path, tokens),
    ];
    return problems
      .toSorted((a, b) => a.line - b.line)
      .map(({ line, problem }) => `${path}:${line}: ${problem}`);
  });
}

interface Import {
  readonly specifier: string;
  readonly isReExport: boolean;
  readonly line: number;
}

interface Problem {
  readonly line: number;
  readonly problem: string;
}

function findImports(tokens: readonly Token[]): Import[] {
  let statement = "";
  return tokens.flatMap((token, index) => {
    const isStart = token.text === "import" || token.text === "export";
    if (token.kind === "word" && isStart) statement = token.text;
    const { text, line } = token;
    if (token.kind !== "text") return [];
    const [last, before] = [tokens[index - 1], tokens[index - 2]];
    const isStatic = isWordOf(last, "from", "import");
    const isCalled = last?.text === "(" &&
      (isWordOf(before, "import") || isAddress(before, text));
    if (!isStatic && !isCalled) return [];
    const isReExport = isStatic && statement === "export";
    return [{ specifier: text, isReExport, line }];
  });
}

/** A worker's module: `new URL("./worker.ts", import.meta.url)`. */
function isAddress(token: Token | undefined, text: string): boolean {
  return isWordOf(token, "URL") && /^\.\.?\//.test(text);
}

function isWordOf(token: Token | undefined, ...words: string[]): boolean {
  return token?.kind === "word" && words.includes(token.text);
}

function checkImport(path: string, found: Import): Problem[] {
  const { specifier, isReExport, line } = found;
  const why = isReExport && !/^src\/(std\/\w+\/)?mod\.ts$/.test(path)
    ? "only mod.ts re-exports"
    : specifier.startsWith(".")
    ? whyNotFile(path, join(dirname(path), specifier))
    : whyNotPackage(path, specifier);
  if (why === undefined) return [];
  return [{ line, problem: `Cannot import "${specifier}": ${why}` }];
}

function whyNotFile(from: string, to: string): string | undefined {
  if (to === "deno.json") return undefined; // The version is there.
  if (!to.startsWith("src/")) return "it is outside of src";
  const [source, target] = [layerOf(from), layerOf(to)];
  const isOtherPackage = source === "std" && packageOf(from) !== packageOf(to);
  if (source === target && !isOtherPackage) return undefined;
  if (DOWN[source] === undefined) return `"${source}" is no layer`;
  if (DOWN[source].includes(target)) return undefined;
  return `${source} may not import ${target}`;
}

function whyNotPackage(from: string, specifier: string): string | undefined {
  if (specifier === "orlop") return "inside, import the file itself";
  return layerOf(from) === "std" && specifier.startsWith("@std/")
    ? "an adapter stands alone"
    : undefined;
}

function layerOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.ts$/, "");
}

function packageOf(path: string): string | undefined {
  return path.split("/")[2];
}

function checkReserved(path: string, tokens: readonly Token[]): Problem[] {
  return RESERVED
    .filter(({ where }) => !where.test(path))
    .flatMap(({ what, is }) =>
      tokens
        .map((token, index) => ({ token, index }))
        .filter(({ index }) => is(tokens, index, what))
        .map(({ token: { line } }) => ({
          line,
          problem: `Cannot use "${what}" here: it has one place`,
        }))
    );
}

type Tokens = readonly Token[];

function isDenoMember(tokens: Tokens, index: number, what: string): boolean {
  const parts = tokens.slice(index, index + 3).map(({ text }) => text);
  return isWordOf(tokens[index], "Deno") && parts.join("") === what;
}

function isText(tokens: Tokens, index: number, what: string): boolean {
  return tokens[index]?.kind === "text" && tokens[index].text === what;
}

function isWord(tokens: Tokens, index: number, what: string): boolean {
  return isWordOf(tokens[index], what);
}

/** A call of the global function, not of a method or of a private one. */
function isCall(tokens: Tokens, index: number, what: string): boolean {
  const isMethod = tokens[index - 1]?.text === "." &&
    !isWordOf(tokens[index - 2], "globalThis", "self");
  return isWordOf(tokens[index], what) && !isMethod &&
    !isWordOf(tokens[index - 1], "function") &&
    tokens[index + 1]?.text === "(";
}

async function readSources(root: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  const options = { includeDirs: false, exts: [".ts"] };
  for await (const { path } of walk(join(root, "src"), options)) {
    const source = await Deno.readTextFile(path);
    files.push({ path: relative(root, path), source });
  }
  return files.toSorted((a, b) => a.path < b.path ? -1 : 1);
}

if (import.meta.main) {
  const root = join(import.meta.dirname ?? ".", "..");
  const problems = checkLayers(await readSources(root));
  // deno-lint-ignore no-console -- this is a program
  for (const problem of problems) console.error(problem);
  Deno.exit(problems.length === 0 ? 0 : 1);
}
