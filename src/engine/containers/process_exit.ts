/**
 * How processes ended that conmon watched. It writes twice: below the run root,
 * where whoever waits is told at once, and which a full disk does not touch; and
 * into the work dir, which a reboot leaves. So it is known, whoever was there.
 */

import { join } from "@std/path";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isNameThere, statIfThere, tryReadText } from "../../fs/if_there.ts";
import { makeOwnDirectory } from "../../fs/own_directory.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import { ensureWorkDirectory } from "../../store/disk_containers.ts";
import {
  exitsDirectory,
  type StorePaths,
  workDirectory,
} from "../../store/paths.ts";
import type { Store } from "../../store/store.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";

/** How a container's process ended. */
export interface ProcessExit {
  /** 128 and the signal's number if a signal ended it. */
  readonly exitCode: number;
  /** When, in milliseconds since 1970. */
  readonly finishedAtMs: number;
  /** Whether the kernel killed a process of the container for its memory. */
  readonly isOomKilled: boolean;
}

/** Where conmon writes how a process ended. */
export interface ExitPlaces {
  /** Of this boot: its file `exit`, and `oom`. */
  readonly runDirectory: string;
  /** Kept: its file is called as the container's ID. Beside it is `oom`. */
  readonly workDirectory: string;
}

/** What is told of a process that ended, and nobody knows how. */
export const UNKNOWN_EXIT_CODE = 255;

const RUNNING = "running\n"; // no exit code
const RUN_FILE = "exit";
const OOM_FILE = "oom";

/** Where conmon writes how a container's process ended. */
export function exitPlacesOf(paths: StorePaths, id: ContainerId): ExitPlaces {
  return {
    runDirectory: join(exitsDirectory(paths), id),
    workDirectory: join(workDirectory(paths, id), "exit"),
  };
}

/** Makes the places for a process that is to begin: nothing is in them. */
export function makeExitPlaces({ store }: Agent, id: ContainerId): ExitPlaces {
  const places = exitPlacesOf(store.paths, id);
  ensureWorkDirectory(store.paths, id);
  removePlaces(store, places);
  for (const directory of [places.runDirectory, places.workDirectory]) {
    makeOwnDirectory(directory);
  }
  // What conmon replaces, and only that, it writes to the disk at once.
  Deno.writeTextFileSync(join(places.workDirectory, id), RUNNING);
  return places;
}

/**
 * Reads how a container's process ended the last time that conmon watched it.
 *
 * @param handle From `openAgent()`.
 * @param id The container's full ID.
 * @returns Undefined if it has not ended, or nobody saw it.
 * @example
 * ```ts
 * import { type Agent, type ContainerId, readExit } from "orlop";
 * function hasFailed(agent: Agent, id: ContainerId): boolean {
 *   return (readExit(agent, id)?.exitCode ?? 0) !== 0;
 * }
 * ```
 */
export function readExit(
  handle: AgentHandle,
  id: ContainerId,
): ProcessExit | undefined {
  const { store } = insideOf(handle);
  const places = exitPlacesOf(store.paths, id);
  const files = [
    join(places.runDirectory, RUN_FILE),
    join(places.workDirectory, id),
  ];
  for (const file of files) {
    if (!isNameThere(file, store.libc)) continue;
    const exitCode = parseExitCode(tryReadText(file));
    if (exitCode === undefined) continue;
    const finishedAtMs = statIfThere(file)?.mtime?.getTime();
    if (finishedAtMs === undefined) continue;
    const isOomKilled = [places.runDirectory, places.workDirectory]
      .some((folder) => isNameThere(join(folder, OOM_FILE), store.libc));
    return { exitCode, finishedAtMs, isOomKilled };
  }
  return undefined;
}

/** Notes that a container's process has ended, and nobody knows how. */
export function noteUnseenExit({ store }: Agent, id: ContainerId): void {
  const places = exitPlacesOf(store.paths, id);
  const text = String(UNKNOWN_EXIT_CODE);
  writeAtomically(join(places.workDirectory, id), text);
  writeAtomically(join(places.runDirectory, RUN_FILE), text);
}

/** Forgets how a container's last process ended. */
export function forgetExit({ store }: Agent, id: ContainerId): void {
  removePlaces(store, exitPlacesOf(store.paths, id));
}

/** Mostly they are not there, and to fail takes longer than to look. */
function removePlaces(
  { libc }: Pick<Store, "libc">,
  { runDirectory, workDirectory }: ExitPlaces,
): void {
  for (const directory of [runDirectory, workDirectory]) {
    if (isNameThere(directory, libc)) removeTreeSync(directory);
  }
}

/** A file that a power cut left empty says nothing, nor does what is none. */
function parseExitCode(text: string | undefined): number | undefined {
  const known = text?.trim() ?? "";
  // conmon lost sight of the process.
  if (known === "-1") return UNKNOWN_EXIT_CODE;
  return /^\d{1,3}$/.test(known) ? Number(known) : undefined;
}
