/**
 * Applies small changes to a copy of the program, one at a time, and runs the
 * tests that load the changed file: `mutate [OPTION…] [FILE_OR_FOLDER…]`, such
 * as `mutate --count 50 src/formats`; without a folder, all of `src` but the
 * adapters.
 *
 * Options: `--count N` (100 changes, a random sample), `--seed N` (makes the
 * same sample again), `--jobs N` (2 at a time), `--e2e` (of what the others do
 * not notice, tests of the whole program that fit the file by its name; they
 * take minutes), `--tests PATH` (run besides, of changes that the others do not
 * notice; may be repeated), `--minutes N` (begins no change after that), `--json
 * FILE` (what was found, for programs), `--again FILE` (what was unnoticed in
 * such a file, in place of a sample; lines may have been inserted since),
 * `--lines FILE` (notes of which tests run which lines, which are made and
 * brought up to date before: the first time they take half an hour; then those
 * tests are run that run the changed line).
 *
 * A change that does not compile does not count, nor one of types alone. What
 * no test notices is printed, with how to make it, and with `no tests` where no
 * test loads the file; then `N tried, N noticed (P %)`. Tests that also fail
 * without a change are named, and have noticed nothing.
 */

import { parseArgs } from "@std/cli";
import { join } from "@std/path";
import {
  type Change,
  describeChange,
  findDescribed,
  isEquivalent,
  listChanges,
} from "./lib/mutate/changes.ts";
import { findInvalid } from "./lib/mutate/check_changes.ts";
import {
  findByLine,
  type LineNotes,
  listUnnoted,
  noteTest,
  readNotes,
  type TestNotes,
} from "./lib/mutate/line_notes.ts";
import { mutate } from "./lib/mutate/mutations.ts";
import { chooseTests, readLoadGraph } from "./lib/mutate/near_tests.ts";
import {
  chooseProgramTests,
  readProgramTests,
} from "./lib/mutate/program_tests.ts";
import { print } from "./lib/print.ts";
import { runTests } from "./lib/mutate/run_tests.ts";

interface Verdict {
  readonly change: Change;
  readonly outcome: "noticed" | "hung" | "unnoticed" | "no tests";
  /** Which tests noticed. */
  readonly by?: "near" | "program";
}

const { count = "100", seed = String(Date.now() % 1e6), jobs = "2", ...flags } =
  parseArgs(Deno.args, {
    string: [
      "count",
      "seed",
      "jobs",
      "tests",
      "minutes",
      "json",
      "again",
      "lines",
    ],
    boolean: ["e2e"],
    collect: ["tests"],
  });
const MINUTES = Number(flags.minutes ?? Infinity);
const END = performance.now() + MINUTES * 60_000;
// Notes that are not made by then are made the next time.
const NOTES_END = performance.now() + MINUTES * 60_000 / 2;
// So long the near tests of a change may take.
const NEAR_MS = 25_000;
const PATIENT_NEAR_MS = 120_000;
// And one test; of the whole program, longer.
const TEST_S = 40;
const PROGRAM_TEST_S = 120;
// Of tests that failed, whether they pass without any change.
const sound = new Map<string, boolean>();
let random = Number(seed);
const graph = await readLoadGraph(".");
const programTests = await readProgramTests(".");
let notes: LineNotes = {};
const copies: string[] = [];
// If it is stopped, it reports what was tried until then.
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
  const found = flags.again === undefined
    ? sample(all, Number(count))
    : findDescribed(all, await readUnnoticed(flags.again));
  const chosen = found.filter((change) => !isEquivalent(change));
  print(`seed ${seed}: ${chosen.length} of ${all.length} changes`);
  for (let job = 0; job < Number(jobs); job++) copies.push(await makeCopy());
  if (flags.lines !== undefined) notes = await noteAll(flags.lines);
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

async function readUnnoticed(path: string): Promise<readonly string[]> {
  const { unnoticed } = JSON.parse(await Deno.readTextFile(path));
  return unnoticed.map(({ change }: { change: string }) => change);
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

/** Brings the notes up to date, as far as there is time. */
async function noteAll(path: string): Promise<LineNotes> {
  const all: Record<string, TestNotes> = { ...await readNotes(path) };
  const queue = (await listUnnoted(".", all)).values();
  await Promise.all(copies.map(async (copy) => {
    for (const test of queue) {
      if (isStopped || performance.now() > NOTES_END) break;
      all[test] = await noteTest(copy, test);
    }
  }));
  await Deno.writeTextFile(path, JSON.stringify(all));
  return all;
}

async function workOff(
  copy: string,
  queue: Iterator<Change>,
): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  while (performance.now() < END && !isStopped) {
    const next = queue.next();
    if (next.done) break;
    const verdict = await tryChange(copy, next.value);
    verdicts.push(verdict);
    if (isNoticed(verdict)) continue;
    print(`${verdict.outcome}: ${describeChange(verdict.change)}`);
  }
  return verdicts;
}

async function tryChange(copy: string, change: Change): Promise<Verdict> {
  const file = join(copy, change.path);
  const tests = testsOf(change);
  const others = flags.e2e ? chooseProgramTests(programTests, change.path) : [];
  const all = [...tests, ...others, ...flags.tests];
  if (all.length === 0) return { change, outcome: "no tests" };
  const start = performance.now();
  for (const [index, test] of all.entries()) {
    const isNear = index < tests.length;
    // What has not noticed by then is not near.
    const nearMs = flags.e2e ? PATIENT_NEAR_MS : NEAR_MS;
    if (isNear && performance.now() - start > nearMs) continue;
    const limitS = isNear ? limitOf(test) : PROGRAM_TEST_S;
    await Deno.writeTextFile(file, mutate(change.source, change));
    const { end } = await runTests(copy, test, { limitS });
    await Deno.writeTextFile(file, change.source);
    if (end === "passed" || !await passes(copy, test, limitS)) continue;
    const by = isNear ? "near" : "program";
    return { change, outcome: end === "hung" ? "hung" : "noticed", by };
  }
  return { change, outcome: "unnoticed" };
}

function testsOf(change: Change): readonly string[] {
  const { own, near } = chooseTests(graph, change.path);
  if (flags.lines === undefined) return [...own, ...near];
  return [...new Set([...own, ...findByLine(notes, change)])];
}

/** Three times what it took when it was noted. */
function limitOf(test: string): number {
  const { ms = 0 } = notes[test] ?? {};
  return Math.max(TEST_S, Math.ceil(3 * ms / 1000));
}

/** Whether a test passes without a change: else it says nothing. */
async function passes(
  copy: string,
  test: string,
  limitS: number,
): Promise<boolean> {
  const known = sound.get(test);
  if (known !== undefined) return known;
  const { end } = await runTests(copy, test, { limitS });
  sound.set(test, end === "passed");
  if (end !== "passed") print(`${end} without a change: ${test}`);
  return end === "passed";
}

async function report(
  verdicts: readonly Verdict[],
  invalid: number,
): Promise<void> {
  const count = (is: (verdict: Verdict) => boolean) =>
    verdicts.filter(is).length;
  const tried = verdicts.length;
  const noticed = count(isNoticed);
  const hung = count(({ outcome }) => outcome === "hung");
  const byProgram = count(({ by }) => by === "program");
  const percent = Math.round(100 * noticed / Math.max(1, tried));
  print(
    `${tried} tried, ${noticed} noticed (${percent} %), ${byProgram} by tests of ` +
      `the program, ${hung} by waiting; ${invalid} did not compile`,
  );
  if (flags.json === undefined) return;
  const unnoticed = verdicts.filter((one) => !isNoticed(one))
    .map(({ change, outcome }) => ({
      change: describeChange(change),
      outcome,
    }));
  const facts = { seed, tried, noticed, byProgram, hung, invalid, unnoticed };
  await Deno.writeTextFile(flags.json, `${JSON.stringify(facts, null, 2)}\n`);
}

function isNoticed({ outcome }: Verdict): boolean {
  return outcome === "noticed" || outcome === "hung";
}
