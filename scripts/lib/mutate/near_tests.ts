/** Which tests would notice that a file of the program was changed. */

import { walk } from "@std/fs";
import { basename, dirname, join, relative } from "@std/path";

/** The tests of a file, the quickest to notice first. */
export interface NearTests {
  /** That of the same name, or nothing. */
  readonly own: readonly string[];
  /** Those that load the file, by how many imports are between; few of many. */
  readonly near: readonly string[];
}

/** What each file loads, and each test: paths in the checkout. */
export type LoadGraph = ReadonlyMap<string, readonly string[]>;

// More of them, and a change that no test notices would take minutes.
const MOST_NEAR = 6;
// A test that is farther away loads nearly all that there is.
const MAX_DISTANCE = 8;
const TYPE_IMPORT = /^(?:import|export) type\b[^;]*;$/gm;
// Also of workers and of programs that a test starts, which are named so.
const FILE_NAME = /"((?:\.\.?\/)*[\w./-]*\.ts|orlop|@std\/\w+)"/g;

/** Reads what files in `src` and `tests` load, types aside. */
export async function readLoadGraph(root: string): Promise<LoadGraph> {
  const sources = new Map<string, string>();
  for (const folder of ["src", "tests"]) {
    const options = { includeDirs: false, exts: [".ts"] };
    for await (const { path } of walk(join(root, folder), options)) {
      sources.set(relative(root, path), await Deno.readTextFile(path));
    }
  }
  return makeLoadGraph(sources);
}

/** Finds out what files load, from their sources by path. */
export function makeLoadGraph(
  sources: ReadonlyMap<string, string>,
): LoadGraph {
  return new Map([...sources].map(([path, source]) => {
    const names = source.replaceAll(TYPE_IMPORT, "").matchAll(FILE_NAME);
    const targets = [...names].map(([, name = ""]) =>
      name.endsWith(".ts") ? join(dirname(path), name) : packageOf(name)
    );
    return [path, targets.filter((target) => sources.has(target))];
  }));
}

/** As deno.json maps bare names. */
function packageOf(name: string): string {
  return name === "orlop" ? "src/mod.ts" : `src/${name.slice(1)}/mod.ts`;
}

/** Chooses the tests of a file, without those that run the whole program. */
export function chooseTests(graph: LoadGraph, path: string): NearTests {
  const name = `${basename(path, ".ts")}_test.ts`;
  const own = join(dirname(path).replace(/^src\b/, "tests"), name);
  const isOwn = graph.has(own);
  const near = listLoaders(graph, path)
    .filter((test) => /^tests\/.*_test\.ts$/.test(test))
    .filter((test) => !test.startsWith("tests/e2e/") && test !== own);
  return { own: isOwn ? [own] : [], near: near.slice(0, MOST_NEAR) };
}

/** All that load a file, the nearest first; of equals, what loads least. */
function listLoaders(graph: LoadGraph, path: string): readonly string[] {
  const found = new Set([path]);
  let last: ReadonlySet<string> = found;
  for (let distance = 0; distance < MAX_DISTANCE; distance++) {
    const next = [...graph]
      .filter(([one, targets]) =>
        !found.has(one) && targets.some((target) => last.has(target))
      )
      .map(([one]) => ({ one, weight: countLoaded(graph, one) }))
      .toSorted((a, b) => a.weight - b.weight)
      .map(({ one }) => one);
    last = new Set(next);
    for (const one of next) found.add(one);
  }
  return [...found];
}

/** How many files a file loads: tests of little are quick, as a rule. */
function countLoaded(graph: LoadGraph, path: string): number {
  const found = new Set([path]);
  for (const one of found) {
    for (const target of graph.get(one) ?? []) found.add(target);
  }
  return found.size;
}
