/**
 * Breaks orlop's store in many ways, and verifies it after each: by `orlop
 * check --full`, by the check of the tests, and by containers-storage, this
 * system's and the newest. `crash [--minutes N] [--points N] [--operations N]
 * [--only PART,…] [--command TEXT] [--seed N]`, by default all parts within 10
 * minutes, which is a sample; a night is `--minutes 480`. Prints a table of kinds
 * by results, and ends with 1 if anything was broken, or a part tried nothing.
 * `--command` leaves out the commands without that text, such as `rmi`.
 *
 * - `kill`: SIGKILL at the system calls that change the disk, of each command;
 *   then the store is verified, the command runs again, and `gc` must leave
 *   nothing.
 * - `fail`: the same calls fail, with ENOSPC or EIO.
 * - `power`: a disk that logs its writes and flushes, on ext4, xfs and btrfs; it is
 *   made again as it was at any write, without some of what was not flushed.
 * - `shutdown`: ext4 and xfs shut down while a command works, as on a broken disk.
 * - `full`: disks with a limited number of free bytes or inodes.
 * - `damage`: one to four kinds of damage at once; `check` has to find them, and
 *   `check --repair` to put them right, or to tell what it cannot.
 * - `files`: each kind of damage of each file of a store, and the result of
 *   each.
 * - `race`: 16 processes of orlop, podman, skopeo and containers-storage.
 * - `life`: 16 lives of containers at a time in one process, `--operations` in all
 *   (200,000 is a day's worth), whose memory, files and mounts may not grow.
 *
 * `--points` limits the trials of each kind. Results: `whole`: the store is as
 * it has to be; `told`: the command refused, or left the damage, and reported
 * it; `missed`: the command ended before the kill; `broken`: a fault.
 */

import { parseArgs } from "@std/cli";
import { messageOf } from "../src/errors/why.ts";
import { damageAll } from "./lib/crash/damage.ts";
import { damageEachFile } from "./lib/crash/damaged_files.ts";
import { failEverywhere } from "./lib/crash/failures.ts";
import { fillDisks } from "./lib/crash/full_disks.ts";
import { killEverywhere, scenariosOf } from "./lib/crash/kills.ts";
import { liveLong } from "./lib/crash/long_life.ts";
import type { CrashOptions } from "./lib/crash/options.ts";
import { cutEverywhere } from "./lib/crash/power.ts";
import { raceAll } from "./lib/crash/races.ts";
import { shutDownEverywhere } from "./lib/crash/shutdowns.ts";
import { type CrashTable, createCrashTable } from "./lib/crash/table.ts";
import { print } from "./lib/print.ts";
import { seededRandom } from "../tests/support/seeded.ts";

/** A part, and how much of the time it gets, in comparison with the others. */
interface Part {
  readonly weight: number;
  readonly run: (table: CrashTable, options: CrashOptions) => Promise<void>;
}

// The kills of a night, with 160 minutes for them, are more than 2,000.
const PARTS: Readonly<Record<string, Part>> = {
  kill: { weight: 4, run: killEverywhere },
  fail: { weight: 1, run: failEverywhere },
  power: { weight: 1, run: cutEverywhere },
  shutdown: { weight: 1, run: shutDownEverywhere },
  full: { weight: 1, run: fillDisks },
  damage: { weight: 1, run: damageAll },
  files: { weight: 1, run: damageEachFile },
  race: { weight: 1, run: raceAll },
  life: { weight: 1, run: liveLong },
};

const MINUTE_MS = 60_000;
const USAGE = "usage: crash [--minutes N] [--points N] [--operations N] " +
  "[--only PART,…] [--command TEXT] [--seed N]";

const {
  minutes = "10",
  points,
  operations = "2000",
  only = Object.keys(PARTS).join(","),
  command = "",
  seed,
  ...rest
} = parseArgs(Deno.args, {
  string: ["minutes", "points", "operations", "only", "command", "seed"],
});

await main();

async function main(): Promise<void> {
  const chosen = only.split(",");
  const odd = [
    ...rest._.map(String),
    ...Object.keys(rest).filter((name) => name !== "_"),
    ...chosen.filter((name) => PARTS[name] === undefined),
    ...scenariosOf({ command }).length > 0 ? [] : [command],
    ...[minutes, points ?? "1", operations].filter((text) =>
      !(Number(text) > 0)
    ),
  ];
  if (odd.length > 0) {
    print(`Cannot understand "${odd[0]}"`);
    print(USAGE);
    Deno.exit(2);
  }
  if (seed !== undefined) Deno.env.set("ORLOP_SEED", seed);
  const random = seededRandom("crash", { unless: "random" });
  const table = createCrashTable();
  for (const [index, name] of chosen.entries()) {
    const nowMs = performance.now();
    const leftMs = Number(minutes) * MINUTE_MS - nowMs;
    const before = table.trials;
    const [weight = 1, ...later] = chosen.slice(index)
      .map((other) => PARTS[other]?.weight ?? 0);
    const all = later.reduce((sum, other) => sum + other, weight);
    await PARTS[name]?.run(table, {
      deadlineMs: nowMs + leftMs * weight / all,
      random,
      command,
      operations: Number(operations),
      ...points !== undefined && { points: Number(points) },
    })?.catch((error) => table.note(name, "broken", messageOf(error)));
    // What tried nothing proves nothing.
    if (table.trials === before) {
      table.note(name, "broken", "nothing was tried");
    }
    tellRate(name, table.trials - before, nowMs);
  }
  print(table.format());
  tellRate("all", table.trials, 0);
  Deno.exit(table.broken > 0 ? 1 : 0);
}

function tellRate(name: string, trials: number, sinceMs: number): void {
  const minutes = (performance.now() - sinceMs) / MINUTE_MS;
  const rate = Math.round(trials / minutes);
  print(
    `${name}: ${trials} trials in ${minutes.toFixed(1)} min, ${rate} a minute`,
  );
}
