/** Kills commands with SIGKILL at each system call that changes the disk. */

import { messageOf } from "../../../src/errors/why.ts";
import {
  type Deed,
  type DeedPlace,
  deedPlace,
  DEEDS,
  MORE_DEEDS,
  programOf,
  stepsTo,
} from "../../../tests/support/programs/killed_deeds.ts";
import {
  ALL_CALLS,
  findKillPoints,
  killAt,
  type KillPoint,
  signalAt,
  type Subject,
} from "../../../tests/support/programs/kill_points.ts";
import { sharedStore } from "../../../tests/support/programs/shared_store.ts";
import { shuffled } from "../../../tests/support/seeded.ts";
import { tempDir } from "../../../tests/support/temp_dir.ts";
import { print } from "../print.ts";
import { judge, judgeRest } from "./judges.ts";
import type { CrashOptions } from "./options.ts";
import type { CrashTable } from "./table.ts";

/** All commands that are tried; each begins where those before it end. */
export const ALL_DEEDS: readonly Deed[] = [...DEEDS, ...MORE_DEEDS];

/** A command that can be tried at a point as often as one likes. */
interface Trial {
  readonly place: DeedPlace;
  readonly deed: Deed;
  readonly subject: Subject;
}

/** What tries a point. @returns Why the store is of no more use, if it is not. */
type TryPoint = (
  trial: Trial,
  point: KillPoint,
  note: (result: "whole" | "told" | "missed") => void,
) => Promise<string | undefined>;

/**
 * Tries points of all commands, in an order of chance, until each had its share of
 * the time; one of the first however short that is.
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
  how: { readonly kind: string; readonly tryPoint: TryPoint },
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
  how: { readonly kind: string; readonly tryPoint: TryPoint },
): Promise<void> {
  const deeds = shuffled(ALL_DEEDS, options.random);
  for (const [index, deed] of deeds.entries()) {
    const nowMs = performance.now();
    const shareMs = (options.deadlineMs - nowMs) / (deeds.length - index);
    const kind = `${how.kind} ${deed.command}`;
    if (index > 0 && shareMs <= 0) {
      print(`not tried for want of time: ${kind}`);
      continue;
    }
    const fail = (why: string) => table.note(kind, "broken", why);
    try {
      await using store = sharedStore();
      using images = tempDir();
      const place = await deedPlace(store, images.path);
      await place.runAll(stepsTo(deed));
      const subject = programOf(place, place.split(deed.command));
      const points = await findPoints({ place, deed, subject });
      if (points.length === 0) fail("it has no points");
      let tried = 0;
      for (const point of shuffled(points, options.random)) {
        const isOver = performance.now() > nowMs + shareMs;
        if (tried > 0 && (isOver || tried >= (options.points ?? Infinity))) {
          break;
        }
        tried++;
        const why = await how.tryPoint(
          { place, deed, subject },
          point,
          (result) => table.note(kind, result),
        ).catch(messageOf);
        if (why === undefined) continue;
        fail(`at ${point.call} ${point.nth}: ${why}`);
        break; // what is broken proves nothing more
      }
      print(`${kind}: ${tried} of ${points.length} points`);
    } catch (error) {
      fail(messageOf(error));
    }
  }
}

async function findPoints(
  { place, deed, subject }: Trial,
): Promise<readonly KillPoint[]> {
  deed.damage?.(place);
  const points = await findKillPoints(subject, {
    below: place.root,
    calls: ALL_CALLS,
  });
  await place.runAll(deed.undo);
  return points;
}

const tryKill: TryPoint = async (trial, point, note) => {
  const { place, deed, subject } = trial;
  deed.damage?.(place);
  let isKilled: boolean;
  if (deed.clear === undefined) isKilled = await killAt(point, subject);
  else {
    // What it runs may have been killed in its place, and it tells of that.
    const { code } = await signalAt(point, subject, "SIGKILL");
    isKilled = code !== 0;
  }
  if (deed.damage === undefined) {
    // Nobody has put anything right yet, and still it is no damage.
    const first = await place.tryOrlop("check", "--full");
    if (first.code !== 0) return `at once: ${first.out} ${first.err}`;
    await place.orlop("images"); // finishes what was begun
    const found = await judge(place, { depth: "full" });
    if (found.length > 0) return found.join("; ");
  }
  const why = await goOn(trial);
  if (why === undefined) note(isKilled ? "whole" : "missed");
  return why;
};

/**
 * Does once more what was cut short, looks for what is left of it, and takes it back.
 *
 * @returns What is wrong, if anything is.
 */
export async function goOn(
  { place, deed }: Pick<Trial, "place" | "deed">,
): Promise<string | undefined> {
  await place.runAll(deed.clear ?? []);
  const { code, err } = await place.tryOrlop(...place.split(deed.command));
  if (code !== 0 && code !== deed.doneCode) return `again: ${code}: ${err}`;
  const after = await judge(place, { depth: "quick" });
  if (after.length > 0) return `again: ${after.join("; ")}`;
  await place.runAll(deed.undo);
  const left = await judgeRest(place);
  return left.length > 0 ? `left: ${left.join("; ")}` : undefined;
}
