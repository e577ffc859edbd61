/** Kills commands with SIGKILL at each system call that changes the disk. */

import { messageOf } from "../../../src/errors/why.ts";
import {
  MORE_SCENARIOS,
  programOf,
  type Scenario,
  type ScenarioPlace,
  scenarioPlace,
  SCENARIOS,
  stepsTo,
} from "../../../tests/support/programs/killed_scenarios.ts";
import {
  ALL_CALLS,
  findKillPoints,
  killAt,
  type KillPoint,
  signalOnlyAt,
  type Subject,
} from "../../../tests/support/programs/kill_points.ts";
import { sharedStore } from "../../../tests/support/programs/shared_store.ts";
import { shuffled } from "../../../tests/support/seeded.ts";
import { tempDir } from "../../../tests/support/temp_dir.ts";
import { print } from "../print.ts";
import { runInOne } from "./run_in_one.ts";
import { verifyAfterCleanup, verifyStore } from "./verify_store.ts";
import type { CrashOptions } from "./options.ts";
import type { CrashTable } from "./table.ts";

/** The commands that are tried; each begins where those before it end. */
export function scenariosOf(
  { command }: Pick<CrashOptions, "command">,
): readonly Scenario[] {
  return [...SCENARIOS, ...MORE_SCENARIOS]
    .filter((scenario) => scenario.command.includes(command));
}

/** A command that can be tried any number of times at a point. */
interface Trial {
  readonly place: ScenarioPlace;
  readonly scenario: Scenario;
  readonly subject: Subject;
}

/**
 * Tries a point.
 *
 * @returns Why the store cannot be used any more, if it cannot.
 */
type TryPoint = (
  trial: Trial,
  point: KillPoint,
  note: (result: "whole" | "told" | "missed") => void,
) => Promise<string | undefined>;

/** What is done at each point, and what the table calls it. */
interface Trials {
  readonly kind: string;
  readonly tryPoint: TryPoint;
}

/** Commands that are tried at once: while one waits, the other computes. */
const LANES = 2;

/**
 * Tries points of all commands, in random order, until each has used its share
 * of the time; at least one point of the first command.
 */
export function killEverywhere(
  table: CrashTable,
  options: CrashOptions,
): Promise<void> {
  return tryEverywhere(table, options, { kind: "kill", tryPoint: tryKill });
}

/** Tries points of all commands in a way, and all once more if there is time left. */
export async function tryEverywhere(
  table: CrashTable,
  options: CrashOptions,
  how: Trials,
): Promise<void> {
  do {
    await tryAllOnce(table, options, how);
  } while (
    options.points === undefined && performance.now() < options.deadlineMs
  );
}

async function tryAllOnce(
  table: CrashTable,
  options: CrashOptions,
  how: Trials,
): Promise<void> {
  const waiting = [...shuffled(scenariosOf(options), options.random)];
  const lanes = Math.min(LANES, waiting.length);
  let isFirst = true;
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (;;) {
      const nowMs = performance.now();
      const shareMs = (options.deadlineMs - nowMs) /
        Math.max(waiting.length / lanes, 1);
      const scenario = waiting.pop();
      if (scenario === undefined) return;
      if (!isFirst && shareMs <= 0) {
        print(`not tried for want of time: ${how.kind} ${scenario.command}`);
        continue;
      }
      isFirst = false;
      const share = { ...options, deadlineMs: nowMs + shareMs };
      await tryScenario(table, { ...share, ...how, scenario });
    }
  }));
}

async function tryScenario(
  table: CrashTable,
  { scenario, deadlineMs, random, points = Infinity, ...how }:
    & CrashOptions
    & Trials
    & { readonly scenario: Scenario },
): Promise<void> {
  const kind = `${how.kind} ${scenario.command}`;
  const fail = (why: string) => table.note(kind, "broken", why);
  try {
    await using store = runInOne(sharedStore());
    using images = tempDir();
    const place = await scenarioPlace(store, images.path);
    await place.runAll(stepsTo(scenario));
    const subject = programOf(place, place.split(scenario.command));
    const all = await findPoints({ place, scenario, subject });
    if (all.length === 0) fail("it has no points");
    let tried = 0;
    for (const point of shuffled(all, random)) {
      const isOver = tried >= points || performance.now() > deadlineMs;
      if (tried > 0 && isOver) break;
      tried++;
      const why = await how.tryPoint(
        { place, scenario, subject },
        point,
        (result) => table.note(kind, result),
      ).catch(messageOf);
      if (why === undefined) continue;
      fail(`at ${point.call} ${point.nth}: ${why}`);
      break; // what is broken proves nothing more
    }
    print(`${kind}: ${tried} of ${all.length} points`);
  } catch (error) {
    fail(messageOf(error));
  }
}

async function findPoints(
  { place, scenario, subject }: Trial,
): Promise<readonly KillPoint[]> {
  scenario.damage?.(place);
  const points = await findKillPoints(subject, {
    below: place.root,
    calls: ALL_CALLS,
  });
  await place.runAll(scenario.undo);
  return points;
}

const tryKill: TryPoint = async (trial, point, note) => {
  const { place, scenario, subject } = trial;
  scenario.damage?.(place);
  const isKilled = scenario.isDetached
    ? (await signalOnlyAt(point, subject, "SIGKILL")).code !== 0
    : await killAt(point, subject);
  if (scenario.damage === undefined) {
    // Nothing has been repaired yet, but leftovers of a kill are no damage.
    const first = await place.tryOrlop("check", "--full");
    if (first.code !== 0) return `at once: ${first.out} ${first.err}`;
    await place.orlop("images"); // finishes what was begun
    const found = await verifyStore(place, { depth: "full" });
    if (found.length > 0) return found.join("; ");
  }
  const why = await goOn(trial);
  if (why === undefined) note(isKilled ? "whole" : "missed");
  return why;
};

/**
 * Repeats the interrupted command, looks for leftovers, and undoes it.
 *
 * @returns What is wrong, if anything is.
 */
export async function goOn(
  { place, scenario }: Pick<Trial, "place" | "scenario">,
): Promise<string | undefined> {
  await place.runAll(scenario.clear ?? []);
  const { code, err } = await place.tryOrlop(...place.split(scenario.command));
  if (code !== 0 && code !== scenario.doneCode) return `again: ${code}: ${err}`;
  const after = await verifyStore(place, { depth: "quick" });
  if (after.length > 0) return `again: ${after.join("; ")}`;
  await place.runAll(scenario.undo);
  const left = await verifyAfterCleanup(place);
  return left.length > 0 ? `left: ${left.join("; ")}` : undefined;
}
