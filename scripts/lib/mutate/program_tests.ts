/** Which tests of the whole program would notice that a file was changed. */

import { walk } from "@std/fs";
import { basename, dirname, join, relative } from "@std/path";

/** The words of each test: of its path, and of its source. */
export type ProgramTests = ReadonlyMap<string, TestWords>;

interface TestWords {
  readonly name: ReadonlySet<string>;
  readonly source: ReadonlySet<string>;
}

// They take seconds each.
const MOST = 3;

/** Reads the tests in `tests/e2e`. */
export async function readProgramTests(root: string): Promise<ProgramTests> {
  const sources = new Map<string, string>();
  const options = { includeDirs: false, match: [/_test\.ts$/] };
  for await (const { path } of walk(join(root, "tests/e2e"), options)) {
    sources.set(relative(root, path), await Deno.readTextFile(path));
  }
  return makeProgramTests(sources);
}

/** Takes the words from sources by path. */
export function makeProgramTests(
  sources: ReadonlyMap<string, string>,
): ProgramTests {
  return new Map(
    [...sources].map(([path, source]) => [
      path,
      { name: wordsOf(path), source: wordsOf(source) },
    ]),
  );
}

/**
 * Chooses tests that speak of what a file and its folder are named after, such as
 * a command: words that few tests have say most, the file's own and those in a
 * test's name twice as much, and less where a test has many words. Where the
 * folder in `src` has its own in `tests/e2e`, those.
 */
export function chooseProgramTests(
  tests: ProgramTests,
  path: string,
): readonly string[] {
  const own = wordsOf(basename(path, ".ts"));
  const weights = [...new Set([...own, ...wordsOf(basename(dirname(path)))])]
    .map((word): [string, number] => {
      const having = [...tests.values()].filter((one) => has(one, word)).length;
      const rarity = Math.log(tests.size / Math.max(1, having));
      return [word, own.has(word) ? 2 * rarity : rarity];
    });
  const [room] = path.match(/(?<=^src)\/[^/]+\//) ?? ["/"];
  const inRoom = [...tests].filter(([test]) => test.includes(`/e2e${room}`));
  return (inRoom.length > 0 ? inRoom : [...tests])
    .map(([test, words]) => {
      const told = weights.map(([word, weight]) =>
        !has(words, word) ? 0 : words.name.has(word) ? 2 * weight : weight
      );
      const sum = told.reduce((sum, one) => sum + one, 0);
      return { test, score: sum / Math.log(2 + words.source.size) };
    })
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, MOST)
    .map(({ test }) => test);
}

function has({ name, source }: TestWords, word: string): boolean {
  return name.has(word) || source.has(word);
}

/** In small letters, and in the singular as far as `s` makes the plural. */
function wordsOf(text: string): ReadonlySet<string> {
  const words = text.match(/[A-Z]?[a-z]+/g) ?? [];
  return new Set(words.map((word) => word.toLowerCase().replace(/s$/, "")));
}
