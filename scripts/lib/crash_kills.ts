/** Kills commands with SIGKILL at each system call that changes the disk. */

import { messageOf } from "../../src/errors/why.ts";
import {
  type Deed,
  DEEDS,
  MORE_DEEDS,
  programOf,
  writeTestImage,
} from "../../tests/support/programs/killed_deeds.ts";
import {
  ALL_CALLS,
  findKillPoints,
  killAt,
  type KillPoint,
  type Subject,
} from "../../tests/support/programs/kill_points.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../tests/support/programs/shared_store.ts";
import { shuffled } from "../../tests/support/seeded.ts";
import { judge } from "./crash_judges.ts";
import type { CrashTable } from "./crash_table.ts";
import { print } from "./print.ts";

/** For how long, and by what chance. */
export interface CrashOptions {
  /** As of `performance.now()`. */
  readonly deadlineMs: number;
  readonly random: () => number;
}

interface Trial {
  readonly place: Place;
  readonly deed: Deed;
  readonly subject: Subject;
  readonly point: KillPoint;
}

/** Tries points of all commands in turn until time is up, or all were tried. */
export async function killEverywhere(
  table: CrashTable,
  options: CrashOptions,
): Promise<void> {
  const deeds = [...DEEDS, ...MORE_DEEDS];
  await using stores = new AsyncDisposableStack();
  let place: Place | undefined;
  for (const [index, deed] of deeds.entries()) {
    const nowMs = performance.now();
    const shareMs = (options.deadlineMs - nowMs) / (deeds.length - index);
    if (shareMs <= 0) return;
    const steps = place === undefined ? stepsTo(deed) : deed.before;
    place ??= stores.use(await makePlace());
    for (const step of steps) await place.orlop(...place.split(step));
    const isWhole = await killOne(table, {
      ...{ ...options, place, deed, deadlineMs: nowMs + shareMs },
    });
    // What is broken is not taken along.
    if (!isWhole) place = undefined;
  }
}

/** A store, and the words of commands on it. */
interface Place extends SharedStore {
  readonly split: (command: string) => readonly string[];
}

async function makePlace(): Promise<Place> {
  const store = sharedStore();
  const layout = store.join("image");
  await writeTestImage(layout);
  await store.orlop("pod", "create", "--name", "p");
  return {
    ...store,
    split: (command) =>
      command.replace("IMAGE", `oci:${layout}:latest`)
        .replace("PUSHED", store.join("pushed"))
        .replace("SAVED", store.join("saved")).split(" "),
  };
}

/** @returns Whether the store is still whole. */
async function killOne(
  table: CrashTable,
  { place, deed, deadlineMs, random }: CrashOptions & {
    readonly place: Place;
    readonly deed: Deed;
  },
): Promise<boolean> {
  const subject = programOf(place, place.split(deed.command));
  const points = await findKillPoints(subject, {
    below: place.root,
    calls: ALL_CALLS,
  });
  for (const step of deed.undo) await place.orlop(...place.split(step));
  let tried = 0;
  let isWhole = true;
  for (const point of shuffled(points, random)) {
    if (!isWhole || performance.now() > deadlineMs) break;
    tried++;
    isWhole = await tryPoint(table, { place, deed, subject, point });
  }
  print(`${deed.command}: ${tried} of ${points.length} points`);
  return isWhole;
}

/** What brings an empty store to where a command can be tried. */
function stepsTo(deed: Deed): readonly string[] {
  const all = [...DEEDS, ...MORE_DEEDS];
  const steps: string[] = [];
  for (const other of all.slice(0, all.indexOf(deed))) {
    steps.push(...other.before, other.command, ...other.undo);
  }
  return [...steps, ...deed.before];
}

/** @returns False if the store is of no more use. */
async function tryPoint(
  table: CrashTable,
  { place, deed, subject, point }: Trial,
): Promise<boolean> {
  const where = `killed at ${point.call} ${point.nth}`;
  const fail = (why: string) => {
    table.note(`kill ${deed.command}`, "broken", `${where}: ${why}`);
    return false;
  };
  try {
    const isKilled = await killAt(point, subject);
    // Nobody has put anything right yet, and still it is no damage.
    const first = await place.tryOrlop("check", "--full");
    if (first.code !== 0) return fail(`at once: ${first.out} ${first.err}`);
    await place.orlop("images"); // finishes what was begun
    const found = await judge(place, { depth: "full" });
    if (found.length > 0) return fail(found.join("; "));
    const { code, err } = await place.tryOrlop(...place.split(deed.command));
    if (code !== 0 && code !== deed.doneCode) {
      return fail(`again: ${code}: ${err}`);
    }
    const after = await judge(place, { depth: "quick" });
    if (after.length > 0) return fail(`again: ${after.join("; ")}`);
    for (const step of deed.undo) await place.orlop(...place.split(step));
    table.note(`kill ${deed.command}`, isKilled ? "whole" : "missed");
    return true;
  } catch (error) {
    return fail(messageOf(error));
  }
}
