/**
 * Applies small changes to a copy of the program, one at a time, and runs the
 * tests that load the changed file: `mutate [OPTION…] [FILE_OR_FOLDER…]`, such
 * as `mutate --count 50 src/formats`; without a folder, all of `src`.
 *
 * Options: `--count N` (100 changes, a random sample), `--seed N` (makes the
 * same sample again), `--jobs N` (2 at a time), `--tests PATH` (run besides, of
 * changes that the others do not notice; may be repeated), `--minutes N` (begins
 * no change after that), `--json FILE` (what was found, for programs), `--again
 * FILE` (what was unnoticed in such a file, in place of a sample).
 *
 * A change that does not compile does not count. What no test notices is
 * printed, with how to make it, and with `no tests` where no test loads the
 * file; then `N tried, N noticed (P %)`. Tests that also fail without a change
 * are named: what they noticed says nothing.
 */

import { parseArgs } from "@std/cli";
import { walk } from "@std/fs";
import { join } from "@std/path";
import { findInvalid } from "./lib/mutate/check_changes.ts";
import type { Mutation } from "./lib/mutate/mutation.ts";
import { listMutations, mutate } from "./lib/mutate/mutations.ts";
import { chooseTests, readLoadGraph } from "./lib/mutate/near_tests.ts";
import { print } from "./lib/print.ts";
import { runTests } from "./lib/mutate/run_tests.ts";

interface Change extends Mutation {
  /** In the checkout. */
  readonly path: string;
  readonly source: string;
}

interface Verdict {
  readonly change: Change;
  readonly outcome: "noticed" | "hung" | "unnoticed" | "no tests";
  /** Those that failed. */
  readonly by: readonly string[];
}

const { count = "100", seed = String(Date.now() % 1e6), jobs = "2", ...flags } =
  parseArgs(Deno.args, {
    string: ["count", "seed", "jobs", "tests", "minutes", "json", "again"],
    collect: ["tests"],
  });
// So long the near tests of a change may take.
const NEAR_MS = 25_000;
// Tests that take too long without any change, too.
const slow = new Set<string>();
let random = Number(seed);
const graph = await readLoadGraph(".");
const copies: string[] = [];
// Who stops it hears of what was tried until then.
let isStopped = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => isStopped = true);
}
try {
  await main();
} finally {
  for (const copy of copies) await Deno.remove(copy, { recursive: true });
}

async function main(): Promise<void> {
  const folders = flags._.length === 0 ? ["src"] : flags._;
  const all = (await Promise.all(folders.map((path) => listChanges(`${path}`))))
    .flat();
  const chosen = flags.again === undefined
    ? sample(all, Number(count))
    : await chooseAgain(all, flags.again);
  print(`seed ${seed}: ${chosen.length} of ${all.length} changes`);
  for (let job = 0; job < Number(jobs); job++) copies.push(await makeCopy());
  const invalid = await findInvalid(
    copies[0] ?? ".",
    chosen.map((one) => ({ path: one.path, source: mutate(one.source, one) })),
  );
  const valid = chosen.filter((_, index) => !invalid.has(index));
  const queue = valid.values();
  const verdicts = (await Promise.all(
    copies.map((copy) => workOff(copy, queue)),
  )).flat();
  await report(verdicts, invalid.size);
}

async function listChanges(path: string): Promise<readonly Change[]> {
  const isFile = (await Deno.stat(path)).isFile;
  const paths = isFile ? [path] : (await Array.fromAsync(
    walk(path, { includeDirs: false, exts: [".ts"] }),
  )).map((entry) => entry.path);
  const own = paths.filter((path) => !/^src\/cri\/api\//.test(path));
  const changes = own.toSorted().map(async (path) => {
    const source = await Deno.readTextFile(path);
    return listMutations(source).map((one) => ({ ...one, path, source }));
  });
  return (await Promise.all(changes)).flat();
}

function sample(all: readonly Change[], size: number): readonly Change[] {
  const rest = [...all];
  const chosen: Change[] = [];
  while (chosen.length < size && rest.length > 0) {
    chosen.push(...rest.splice(nextRandom(rest.length), 1));
  }
  return chosen;
}

/** A linear congruential generator: the same sample for the same seed. */
function nextRandom(limit: number): number {
  random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor(random / 2 ** 32 * limit);
}

async function chooseAgain(
  all: readonly Change[],
  path: string,
): Promise<readonly Change[]> {
  const { unnoticed } = JSON.parse(await Deno.readTextFile(path));
  const wanted = new Set<string>(
    unnoticed.map(({ change }: { change: string }) => change),
  );
  return all.filter((change) => wanted.has(describe(change)));
}

/** Each worker has a copy of its own, so that changes do not meet. */
async function makeCopy(): Promise<string> {
  const copy = await Deno.makeTempDir({ prefix: "orlop-mutate." });
  const script =
    `git ls-files -z | xargs -0 cp --parents -t "$1"; ln -s "$PWD/.tools" "$1"`;
  const { success } = await new Deno.Command("sh", {
    args: ["-c", script, "sh", copy],
  }).output();
  if (!success) throw new Error(`Cannot copy the checkout to ${copy}`);
  return copy;
}

async function workOff(
  copy: string,
  queue: Iterator<Change>,
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  const end = performance.now() + Number(flags.minutes ?? Infinity) * 60_000;
  while (performance.now() < end && !isStopped) {
    const next = queue.next();
    if (next.done) break;
    const verdict = await tryChange(copy, next.value);
    verdicts.push(verdict);
    const { outcome, change } = verdict;
    const isUnnoticed = outcome === "unnoticed" || outcome === "no tests";
    if (isUnnoticed) print(`${outcome}: ${describe(change)}`);
  }
  return verdicts;
}

function describe({ path, line, source, start, end, replacement }: Change) {
  const was = source.slice(start, end).replace(/\s+/g, " ");
  return `${path}:${line}: ${was.slice(0, 80)}  ->  ${
    replacement || "nothing"
  }`;
}

async function tryChange(copy: string, change: Change): Promise<Verdict> {
  const file = join(copy, change.path);
  const { own, near } = chooseTests(graph, change.path);
  const tests = [...own, ...near];
  const all = [...tests, ...flags.tests];
  if (all.length === 0) return { change, outcome: "no tests", by: [] };
  await Deno.writeTextFile(file, mutate(change.source, change));
  const start = performance.now();
  try {
    for (const [index, test] of all.entries()) {
      const isNamed = index >= tests.length;
      // What has not noticed by then is not near.
      if (!isNamed && performance.now() - start > NEAR_MS) continue;
      if (slow.has(test)) continue;
      const { end } = await runTests(copy, [test]);
      if (end === "hung" && await isSlow(copy, change, test)) continue;
      if (end === "hung") return { change, outcome: "hung", by: [test] };
      if (end === "failed") return { change, outcome: "noticed", by: [test] };
    }
    return { change, outcome: "unnoticed", by: [] };
  } finally {
    await Deno.writeTextFile(file, change.source);
  }
}

/** Whether a test takes as long without the change, which is gone for it. */
async function isSlow(
  copy: string,
  { path, source, ...change }: Change,
  test: string,
): Promise<boolean> {
  const file = join(copy, path);
  await Deno.writeTextFile(file, source);
  const { end } = await runTests(copy, [test]);
  await Deno.writeTextFile(file, mutate(source, change));
  if (end === "passed") return false;
  slow.add(test);
  print(`too slow to tell: ${test}`);
  return true;
}

async function report(
  verdicts: readonly Verdict[],
  invalid: number,
): Promise<void> {
  const isNoticed = ({ outcome }: Verdict) =>
    outcome === "noticed" || outcome === "hung";
  const noticed = verdicts.filter(isNoticed).length;
  const hung = verdicts.filter(({ outcome }) => outcome === "hung").length;
  const faulty = await findFaulty(verdicts);
  for (const test of faulty) print(`fails without a change: ${test}`);
  const percent = Math.round(100 * noticed / Math.max(1, verdicts.length));
  const asides = `${hung} by waiting; ${invalid} did not compile`;
  print(
    `${verdicts.length} tried, ${noticed} noticed (${percent} %), ${asides}`,
  );
  if (flags.json === undefined) return;
  const unnoticed = verdicts.filter((one) => !isNoticed(one))
    .map(({ change, outcome }) => ({ change: describe(change), outcome }));
  const facts = { seed, tried: verdicts.length, noticed, hung, invalid };
  const text = JSON.stringify({ ...facts, faulty, unnoticed }, null, 2);
  await Deno.writeTextFile(flags.json, `${text}\n`);
}

/** Those that noticed changes, and fail without one as well. */
async function findFaulty(
  verdicts: readonly Verdict[],
): Promise<readonly string[]> {
  const [copy = "."] = copies;
  const tests = new Set(
    verdicts.filter(({ outcome }) => outcome === "noticed")
      .flatMap(({ by }) => by),
  );
  const faulty: string[] = [];
  for (const test of tests) {
    if (isStopped) break;
    const { end } = await runTests(copy, [test]);
    if (end !== "passed") faulty.push(test);
  }
  return faulty;
}
