/**
 * Fails on imports against the layers of the program (see `DOWN`), against the
 * order of folders in a layer (see `FOLDERS`), and in circles, also of types; on modules
 * of Node that common commands load when they start (see `quick_starts.ts`); and on
 * folders, also of tests and scripts, that hold too many files.
 */

import { walk } from "@std/fs";
import { dirname, join, relative } from "@std/path";
import { checkStarts } from "./lib/quick_starts.ts";
import { readTokens, type Token } from "./lib/read_tokens.ts";

/** A source file, by its path in the checkout. */
export interface SourceFile {
  readonly path: string;
  readonly source: string;
}

const BOTTOM = ["formats", "errors"];
const LOWER = ["fs", "process", ...BOTTOM];
const MIDDLE = ["transports", "registry", "image", "unpack", "store", "mount"];

/** What each folder of `src/`, or file in it, may import besides itself. */
const DOWN: Readonly<Record<string, readonly string[]>> = {
  mod: ["engine", ...MIDDLE, ...LOWER],
  cli: ["cri", "engine", ...MIDDLE, ...LOWER],
  cri: ["engine", ...MIDDLE, ...LOWER],
  engine: [...MIDDLE, ...LOWER],
  // These cannot see each other: the engine shows how they meet.
  ...Object.fromEntries(MIDDLE.map((folder) => [folder, LOWER])),
  fs: ["process", ...BOTTOM],
  process: BOTTOM,
  formats: ["errors"],
  errors: [],
  std: [],
};

/**
 * The folders in a folder, from the lowest: none imports one behind it. Files
 * beside them may be imported by all of them, and may import all of them.
 */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  engine: [
    ...[
      "login",
      "mounts",
      "images",
      "progress",
      "media",
      "transfer",
      "copy",
      "lookup",
    ],
    ...[
      "runtimes",
      "templates",
      "containers",
      "monitor",
      "pods",
      "stats",
      "processes",
      "files",
      "network",
      "sandboxes",
    ],
    ...["cleanup", "check", "doctor"],
  ],
  store: ["records", "layers", "recovery"],
};

const MAX_FILES = 25;

/** What only one place may do, so that it can be watched. */
const RESERVED = [
  { what: "Deno.Command", where: /^src\/process\//, is: isDenoMember },
  { what: "node:child_process", where: /^src\/process\//, is: isText },
  { what: "dlopen", where: /^src\/process\/bind_libc\.ts$/, is: isWord },
  { what: "fetch", where: /^src\/registry\//, is: isCall },
];

/** Lists what is wrong, a line each: `src/a/b.ts:3: Cannot …`. */
export function checkLayers(files: readonly SourceFile[]): string[] {
  const read = files.map(({ path, source }) => {
    const tokens = readTokens(source);
    return { path, tokens, imports: findImports(tokens) };
  });
  const graph: Graph = new Map(
    read.map(({ path, imports }) => [path, imports.map(targetOf(path))]),
  );
  const problems = read.flatMap(({ path, tokens, imports }) => {
    const problems = [
      ...imports.flatMap((found) => checkImport(path, found)),
      ...imports.flatMap((found) => checkCircle(path, found, graph)),
      ...checkReserved(path, tokens),
    ];
    return problems
      .toSorted((a, b) => a.line - b.line)
      .map(({ line, problem }) => `${path}:${line}: ${problem}`);
  });
  const tooLarge = checkFolderSizes(files.map(({ path }) => path));
  return [...problems, ...tooLarge, ...checkStarts(read)];
}

/**
 * A folder with more files than a reader can keep in mind has a second concept
 * in it.
 */
export function checkFolderSizes(paths: readonly string[]): string[] {
  const folders = Map.groupBy(paths, (path) => dirname(path));
  return [...folders]
    .filter(([, { length }]) => length > MAX_FILES)
    .map(([folder, { length }]) =>
      `${folder}: Cannot hold ${length} files: ${MAX_FILES} are the most`
    );
}

interface Import {
  readonly specifier: string;
  readonly isReExport: boolean;
  /** Whether it comes with the file: no type, and not while it runs. */
  readonly isLoaded: boolean;
  readonly line: number;
}

interface Problem {
  readonly line: number;
  readonly problem: string;
}

function findImports(tokens: readonly Token[]): Import[] {
  let statement = "";
  let isType = false;
  return tokens.flatMap((token, index) => {
    const isStart = token.text === "import" || token.text === "export";
    if (token.kind === "word" && isStart) {
      statement = token.text;
      isType = isWordOf(tokens[index + 1], "type") &&
        !isWordOf(tokens[index + 2], "from");
    }
    const { text, line } = token;
    if (token.kind !== "text") return [];
    const [last, before] = [tokens[index - 1], tokens[index - 2]];
    const isStatic = isWordOf(last, "from", "import");
    const isCalled = last?.text === "(" &&
      (isWordOf(before, "import") || isAddress(before, text));
    if (!isStatic && !isCalled) return [];
    const isReExport = isStatic && statement === "export";
    const isLoaded = isStatic && !isType;
    return [{ specifier: text, isReExport, isLoaded, line }];
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
  const why = isReExport &&
      !/^src\/((std\/\w+|engine|formats)\/)?mod\.ts$/.test(path)
    ? "only mod.ts re-exports"
    : specifier.startsWith(".")
    ? whyNotFile(path, join(dirname(path), specifier))
    : whyNotPackage(path, specifier);
  if (why === undefined) return [];
  return [{ line, problem: `Cannot import "${specifier}": ${why}` }];
}

/** What each file imports: paths in the checkout. */
type Graph = ReadonlyMap<string, readonly string[]>;

function targetOf(path: string): (found: Import) => string {
  return ({ specifier }) =>
    specifier.startsWith(".") ? join(dirname(path), specifier) : specifier;
}

function checkCircle(path: string, found: Import, graph: Graph): Problem[] {
  const way = findWay(targetOf(path)(found), path, graph);
  if (way === undefined) return [];
  const { specifier, line } = found;
  const why = `a circle: ${way.join(", ")}`;
  return [{ line, problem: `Cannot import "${specifier}": ${why}` }];
}

/** The shortest way by imports from one file to another, with both. */
function findWay(
  from: string,
  to: string,
  graph: Graph,
): readonly string[] | undefined {
  const ways: (readonly [string, ...string[]])[] = [[from]];
  const seen = new Set([from]);
  for (const way of ways) {
    if (way[0] === to) return way.toReversed();
    for (const next of graph.get(way[0]) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([next, ...way]);
    }
  }
  return undefined;
}

function whyNotFile(from: string, to: string): string | undefined {
  if (to === "deno.json") return undefined; // The version is there.
  if (!to.startsWith("src/")) return "it is outside of src";
  const [source, target] = [layerOf(from), layerOf(to)];
  const isOtherPackage = source === "std" && packageOf(from) !== packageOf(to);
  if (source === target && !isOtherPackage) return whyNotFolder(from, to);
  if (DOWN[source] === undefined) return `"${source}" is no layer`;
  if (DOWN[source].includes(target)) return undefined;
  return `${source} may not import ${target}`;
}

function whyNotFolder(from: string, to: string): string | undefined {
  const folders = FOLDERS[layerOf(from)];
  const [source, target] = [packageOf(from) ?? "", packageOf(to) ?? ""];
  const [own, other] = [folders?.indexOf(source), folders?.indexOf(target)];
  if (own === undefined || other === undefined || other <= own) {
    return undefined;
  }
  return own < 0 ? undefined : `${source} may not import ${target}`;
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
  const paths = await listFiles(root, "src");
  const files = paths.filter((path) => path.endsWith(".ts"))
    .map(async (path) => {
      const source = await Deno.readTextFile(join(root, path));
      return { path, source };
    });
  return await Promise.all(files);
}

async function listFiles(root: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  const options = { includeDirs: false };
  for await (const { path } of walk(join(root, folder), options)) {
    paths.push(relative(root, path));
  }
  return paths.toSorted();
}

if (import.meta.main) {
  const root = join(import.meta.dirname ?? ".", "..");
  const problems = [
    ...checkLayers(await readSources(root)),
    ...checkFolderSizes(await listFiles(root, "tests")),
    ...checkFolderSizes(await listFiles(root, "scripts")),
  ];
  // deno-lint-ignore no-console -- this is a program
  for (const problem of problems) console.error(problem);
  Deno.exit(problems.length === 0 ? 0 : 1);
}
