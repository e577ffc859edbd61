/**
 * Exits of processes that conmon watched. It writes them twice: below the run root,
 * where waiting processes are notified at once, and which works on a full disk; and
 * into the work dir, which survives a reboot.
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
  /** For this boot: its file `exit`, and `oom`. */
  readonly runDirectory: string;
  /**
   * Survives reboots: its file is named after the container's ID; beside it is
   * `oom`.
   */
  readonly workDirectory: string;
}

/** The exit code of a process that ended without a record. */
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

/** Makes the directories for a new process, without files of an earlier one. */
export function makeExitPlaces({ store }: Agent, id: ContainerId): ExitPlaces {
  const places = exitPlacesOf(store.paths, id);
  ensureWorkDirectory(store.paths, id);
  removePlaces(store, places);
  for (const directory of [places.runDirectory, places.workDirectory]) {
    makeOwnDirectory(directory);
  }
  // conmon syncs only files that it replaces.
  Deno.writeTextFileSync(join(places.workDirectory, id), RUNNING);
  return places;
}

/**
 * Reads how a container's process ended the last time that conmon watched it.
 *
 * @param handle From `openAgent()`.
 * @param id The container's full ID.
 * @returns Undefined if it has not ended, or its exit was not recorded.
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

/** Records that a container's process has ended with an unknown exit code. */
export function noteUnseenExit({ store }: Agent, id: ContainerId): void {
  const places = exitPlacesOf(store.paths, id);
  const text = String(UNKNOWN_EXIT_CODE);
  writeAtomically(join(places.workDirectory, id), text);
  writeAtomically(join(places.runDirectory, RUN_FILE), text);
}

/** Deletes the exit of a container's last process. */
export function forgetExit({ store }: Agent, id: ContainerId): void {
  removePlaces(store, exitPlacesOf(store.paths, id));
}

/** Usually they are missing, and an exception is slower than a check. */
function removePlaces(
  { libc }: Pick<Store, "libc">,
  { runDirectory, workDirectory }: ExitPlaces,
): void {
  for (const directory of [runDirectory, workDirectory]) {
    if (isNameThere(directory, libc)) removeTreeSync(directory);
  }
}

/** Undefined for a file that is missing, or empty after a power cut. */
function parseExitCode(text: string | undefined): number | undefined {
  const known = text?.trim() ?? "";
  // conmon lost track of the process.
  if (known === "-1") return UNKNOWN_EXIT_CODE;
  return /^\d{1,3}$/.test(known) ? Number(known) : undefined;
}
