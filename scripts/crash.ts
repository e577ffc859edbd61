/**
 * Breaks what it can of orlop's store, and asks three judges whether it is whole:
 * `crash [--minutes N] [--only kill,damage,race] [--seed N]`, by default all three
 * for 10 minutes. Prints a table of kinds by results, and ends with 1 if anything
 * was broken.
 *
 * - `kill`: SIGKILL at the system calls that change the disk, of each command; then
 *   `orlop check --full` and the newest containers-storage judge the store, and the
 *   command is to work once more.
 * - `damage`: one to four kinds of damage at once; `check` has to find them, and
 *   `check --repair` to put them right, or to tell what it cannot.
 * - `race`: 16 processes of orlop, podman, skopeo and containers-storage.
 *
 * Results: `whole` as it has to be; `told` refused or left, and said so; `missed`
 * the command was quicker than the kill; `broken` a fault.
 */

import { parseArgs } from "@std/cli";
import { damageAll } from "./lib/crash_damage.ts";
import { type CrashOptions, killEverywhere } from "./lib/crash_kills.ts";
import { raceAll } from "./lib/crash_races.ts";
import { type CrashTable, createCrashTable } from "./lib/crash_table.ts";
import { print } from "./lib/print.ts";
import { seededRandom } from "../tests/support/seeded.ts";

const PARTS: Readonly<
  Record<string, (table: CrashTable, options: CrashOptions) => Promise<void>>
> = { kill: killEverywhere, damage: damageAll, race: raceAll };

const MINUTE_MS = 60_000;

const { minutes = "10", only = "kill,damage,race", seed, ...rest } = parseArgs(
  Deno.args,
  { string: ["minutes", "only", "seed"] },
);

await main();

async function main(): Promise<void> {
  const chosen = only.split(",");
  const odd = [
    ...rest._.map(String),
    ...Object.keys(rest).filter((name) => name !== "_"),
    ...chosen.filter((name) => PARTS[name] === undefined),
  ];
  const lengthMs = Number(minutes) * MINUTE_MS;
  if (odd.length > 0 || !(lengthMs > 0)) {
    print(`Cannot understand "${odd[0] ?? `--minutes ${minutes}`}"`);
    print("usage: crash [--minutes N] [--only kill,damage,race] [--seed N]");
    Deno.exit(2);
  }
  if (seed !== undefined) Deno.env.set("ORLOP_SEED", seed);
  const random = seededRandom("crash");
  const table = createCrashTable();
  for (const [index, name] of chosen.entries()) {
    const nowMs = performance.now();
    const shareMs = (lengthMs - nowMs) / (chosen.length - index);
    await PARTS[name]?.(table, { deadlineMs: nowMs + shareMs, random });
  }
  print(table.format());
  Deno.exit(table.broken > 0 ? 1 : 0);
}
