/** Which tests run which lines, as notes that are kept in a file. */

import { createHash } from "node:crypto";
import { walk } from "@std/fs";
import { join, relative } from "@std/path";

/** What a test runs. */
export interface TestNotes {
  /** Of the test's source: notes of another one are no use. */
  readonly hash: string;
  readonly ms: number;
  /** Lines by path, such as `3-7,9`, behind the hash of that source. */
  readonly lines: Readonly<Record<string, string>>;
}

/** By the test's path. */
export type LineNotes = Readonly<Record<string, TestNotes>>;

// Of one test, with the coverage of what it loads.
const LIMIT_S = 120;

/** Reads notes; none if there is no such file. */
export async function readNotes(path: string): Promise<LineNotes> {
  try {
    return JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** Tests without those of the whole program that are new, or others than noted. */
export async function listUnnoted(
  root: string,
  notes: LineNotes,
): Promise<readonly string[]> {
  const options = { includeDirs: false, match: [/_test\.ts$/] };
  const found: string[] = [];
  for await (const { path } of walk(join(root, "tests"), options)) {
    const test = relative(root, path);
    if (test.startsWith("tests/e2e/")) continue;
    const hash = hashOf(await Deno.readTextFile(path));
    if (notes[test]?.hash !== hash) found.push(test);
  }
  return found.toSorted();
}

/** Runs a test, and notes which lines of `src` it has run. */
export async function noteTest(root: string, test: string): Promise<TestNotes> {
  const hash = hashOf(await Deno.readTextFile(join(root, test)));
  const folder = await Deno.makeTempDir({ prefix: "orlop-mutate." });
  try {
    const start = performance.now();
    const flags = ["--no-check", "--allow-all", "--quiet"];
    await deno(root, ["test", ...flags, `--coverage=${folder}`, test]);
    const ms = Math.round(performance.now() - start);
    const told = ["--lcov", "--quiet", "--include=/src/", folder];
    const lcov = await deno(root, ["coverage", ...told]);
    const lines: Record<string, string> = {};
    for (const [path, numbers] of parseLcov(lcov)) {
      const own = relative(await Deno.realPath(root), path);
      const source = await Deno.readTextFile(join(root, own));
      lines[own] = `${hashOf(source)} ${joinLines(numbers)}`;
    }
    return { hash, ms, lines };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function deno(root: string, args: readonly string[]): Promise<string> {
  const command = ["--kill-after=5", `${LIMIT_S}`, Deno.execPath(), ...args];
  const { stdout } = await new Deno.Command("timeout", {
    args: command,
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

/** Lines that ran, by file. */
export function parseLcov(text: string): ReadonlyMap<string, number[]> {
  const found = new Map<string, number[]>();
  let lines: number[] = [];
  for (const line of text.split("\n")) {
    const [, path] = /^SF:(.*)$/.exec(line) ?? [];
    if (path !== undefined) found.set(path, lines = []);
    const [, number, times] = /^DA:(\d+),(\d+)/.exec(line) ?? [];
    if (number !== undefined && times !== "0") lines.push(Number(number));
  }
  return found;
}

/** Writes lines as ranges. */
export function joinLines(lines: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const line of lines) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === line - 1) last[1] = line;
    else ranges.push([line, line]);
  }
  return ranges.map(([a, b]) => a === b ? `${a}` : `${a}-${b}`).join();
}

// A line counts as not run if one of its branches was not: those beside it tell.
const MARGIN = 2;

/**
 * The tests that run a line or one close by, the quickest first; of a source that has changed
 * since, all that load it.
 */
export function findByLine(
  notes: LineNotes,
  { path, line, source }: {
    readonly path: string;
    readonly line: number;
    readonly source: string;
  },
): readonly string[] {
  const hash = hashOf(source);
  return Object.entries(notes)
    .filter(([, { lines }]) => {
      const [noted, ranges = ""] = lines[path]?.split(" ") ?? [];
      if (noted === undefined) return false;
      return noted !== hash || hasLine(ranges, line);
    })
    .toSorted(([, a], [, b]) => a.ms - b.ms)
    .map(([test]) => test);
}

function hasLine(ranges: string, line: number): boolean {
  return ranges.split(",").some((range) => {
    const [from = 0, to = from] = range.split("-").map(Number);
    return from - MARGIN <= line && line <= to + MARGIN && from > 0;
  });
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
