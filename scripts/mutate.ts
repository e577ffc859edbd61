/**
 * Applies small changes to a copy of the program, one at a time, and runs the
 * tests of the folder that was changed: `mutate [OPTION…] FILE_OR_FOLDER…`,
 * such as `mutate --count 50 src/formats`.
 *
 * Options: `--count N` (100 changes, a random sample), `--seed N` (makes the
 * same sample again), `--jobs N` (2 at a time), `--tests PATH` (run besides;
 * may be repeated).
 *
 * A change that does not compile does not count. What no test notices is
 * printed, with how to make it; then `N tried, N noticed (P %)`.
 */

import { parseArgs } from "@std/cli";
import { exists, walk } from "@std/fs";
import { basename, dirname, join } from "@std/path";
import { listMutations, mutate, type Mutation } from "./lib/mutations.ts";

interface Change extends Mutation {
  /** In the checkout. */
  readonly path: string;
  readonly source: string;
}

type Outcome = "noticed" | "unnoticed" | "invalid";

// A change may make a test wait for ever, which a person would notice.
const LIMIT_MS = 120_000;
const TEST_ARGS = [
  ...["test", "--no-check", "--allow-all", "--quiet", "--fail-fast"],
  ...["--sanitize-ops", "--sanitize-resources"],
];

const { count = "100", seed = String(Date.now() % 1e6), jobs = "2", ...flags } =
  parseArgs(Deno.args, {
    string: ["count", "seed", "jobs", "tests"],
    collect: ["tests"],
  });
let random = Number(seed);
const totals: Record<Outcome, number> = {
  noticed: 0,
  unnoticed: 0,
  invalid: 0,
};

await main();

async function main(): Promise<void> {
  const all = (await Promise.all(flags._.map((path) => listChanges(`${path}`))))
    .flat();
  const chosen = sample(all, Number(count));
  say(`seed ${seed}: ${chosen.length} of ${all.length} changes`);
  const queue = chosen.values();
  await Promise.all(
    Array.from({ length: Number(jobs) }, () => workOff(queue)),
  );
  const { noticed, unnoticed } = totals;
  const percent = Math.round(100 * noticed / Math.max(1, noticed + unnoticed));
  say(`${noticed + unnoticed} tried, ${noticed} noticed (${percent} %)`);
}

async function listChanges(path: string): Promise<readonly Change[]> {
  const isFile = (await Deno.stat(path)).isFile;
  const paths = isFile ? [path] : (await Array.fromAsync(
    walk(path, { includeDirs: false, exts: [".ts"] }),
  )).map((entry) => entry.path);
  const changes = paths.toSorted().map(async (path) => {
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

/** Each worker has a copy of its own, so that changes do not meet. */
async function workOff(queue: Iterator<Change>): Promise<void> {
  const copy = await Deno.makeTempDir({ prefix: "orlop-mutate." });
  try {
    await run("sh", [
      "-c",
      `git ls-files -z | xargs -0 cp --parents -t "$1"; ln -s "$PWD/.tools" "$1"`,
      "sh",
      copy,
    ]);
    for (let next = queue.next(); !next.done; next = queue.next()) {
      const change = next.value;
      const outcome = await tryChange(copy, change);
      totals[outcome]++;
      if (outcome === "unnoticed") say(describe(change));
    }
  } finally {
    await Deno.remove(copy, { recursive: true });
  }
}

function describe({ path, line, source, start, end, replacement }: Change) {
  const was = source.slice(start, end).replace(/\s+/g, " ");
  return `${path}:${line}: ${was.slice(0, 80)}  ->  ${
    replacement || "nothing"
  }`;
}

async function tryChange(copy: string, change: Change): Promise<Outcome> {
  const file = join(copy, change.path);
  await Deno.writeTextFile(file, mutate(change.source, change));
  try {
    if (!await run(Deno.execPath(), ["check", "--quiet", file], copy)) {
      return "invalid";
    }
    for (const tests of await testsOf(copy, change.path)) {
      const args = [...TEST_ARGS, ...tests];
      if (!await run(Deno.execPath(), args, copy)) return "noticed";
    }
    return "unnoticed";
  } finally {
    await Deno.writeTextFile(file, change.source);
  }
}

/** The file's own tests first: they are the quickest to notice. */
async function testsOf(
  copy: string,
  path: string,
): Promise<readonly (readonly string[])[]> {
  const folder = dirname(path).replace(/^src/, "tests");
  const own = join(folder, `${basename(path, ".ts")}_test.ts`);
  const wanted = [[own], [folder], flags.tests];
  const found = await Promise.all(
    wanted.map((paths) =>
      Array.fromAsync(
        paths,
        async (path) => await exists(join(copy, path)) ? [path] : [],
      )
    ),
  );
  return found.map((paths) => paths.flat()).filter(({ length }) => length > 0);
}

/** Whether a program ends well, and in time. */
async function run(
  program: string,
  args: readonly string[],
  cwd?: string,
): Promise<boolean> {
  const child = new Deno.Command("timeout", {
    args: ["--kill-after=5", `${LIMIT_MS / 1000}`, program, ...args],
    ...(cwd === undefined ? {} : { cwd }),
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  return (await child.output()).success;
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}
