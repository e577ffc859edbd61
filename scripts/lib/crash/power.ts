/** Simulates power cuts at any write of a disk. */

import { messageOf } from "../../../src/errors/why.ts";
import {
  FILE_SYSTEMS,
  type FileSystem,
  whyNoLoggedDisk,
} from "../../../tests/support/power/logged_disk.ts";
import {
  type CutStore,
  namesIn,
  recordPowerLog,
  shuffledCuts,
  tryPowerCut,
} from "../../../tests/support/power/power_log.ts";
import { print } from "../print.ts";
import { verifyAfterCleanup, verifyStore } from "./verify_store.ts";
import type { CrashOptions } from "./options.ts";
import type { CrashTable } from "./table.ts";

/** Tries cuts on each file system, in turn. */
export async function cutEverywhere(
  table: CrashTable,
  options: CrashOptions,
): Promise<void> {
  const why = whyNoLoggedDisk();
  if (why !== undefined) {
    print(`SKIPPING power cuts: ${why}`);
    return table.note("power", "broken", `nothing was tried: ${why}`);
  }
  for (const [index, fileSystem] of FILE_SYSTEMS.entries()) {
    const nowMs = performance.now();
    const shareMs = (options.deadlineMs - nowMs) /
      (FILE_SYSTEMS.length - index);
    await cutOn(table, fileSystem, { ...options, deadlineMs: nowMs + shareMs });
  }
}

async function cutOn(
  table: CrashTable,
  fileSystem: FileSystem,
  { random, deadlineMs, points = Infinity }: CrashOptions,
): Promise<void> {
  const { name } = fileSystem;
  await using powerLog = await recordPowerLog(fileSystem);
  const places = shuffledCuts(powerLog, random).length;
  const flushes = powerLog.log.filter(({ kind }) => kind === "flush").length;
  let tried = 0;
  // When all were tried, other writes are dropped the next time.
  while (tried === 0 || (tried < points && performance.now() < deadlineMs)) {
    for (const at of shuffledCuts(powerLog, random)) {
      if (tried > 0 && (tried >= points || performance.now() > deadlineMs)) {
        break;
      }
      tried++;
      await tryPowerCut(powerLog, { at, random }, async (store) => {
        const found = await verifyAfterPowerCut(store).catch((error) => [
          messageOf(error),
        ]);
        const what = store.during.replace(/^(after )?\d+ (begun|done): /, "$1");
        table.note(
          `power ${name}: ${what}`,
          found.length === 0 ? "whole" : "broken",
          `cut at ${at}: ${found.join("; ")}`,
        );
      }).catch((error) =>
        table.note(`power ${name}`, "broken", `at ${at}: ${messageOf(error)}`)
      );
    }
  }
  print(
    `power ${name}: ${tried} cuts of ${places} places, ${flushes} flushes`,
  );
}

/** What is wrong with a store as the power left it; empty if nothing is. */
export async function verifyAfterPowerCut(
  store: CutStore,
): Promise<readonly string[]> {
  const first = await store.tryOrlop("check", "--full");
  if (first.code !== 0) return [`at once: ${first.out} ${first.err}`];
  await store.orlop("images"); // finishes what was begun
  const names = namesIn(store);
  const lost = store.kept.filter((name) => !names.includes(name));
  const odd = names.filter((name) => !store.possible.includes(name));
  const found = [
    ...lost.map((name) => `lost: ${name}`),
    ...odd.map((name) => `back: ${name}`),
    ...await verifyStore(store, { depth: "full" }),
  ];
  if (found.length > 0) return found;
  await store.runAll([
    "pull IMAGE",
    "container create --pod new:afterwards --name later image",
    "start later",
    "stop later",
    "pod rm --force afterwards",
  ]);
  return [
    ...await verifyStore(store, { depth: "quick" }),
    ...await verifyAfterCleanup(store),
  ];
}
