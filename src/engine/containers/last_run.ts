/**
 * The state of a container's last run, on disk: when and how it began and ended,
 * and what is removed with it. Its runner holds a lock meanwhile; if the runner is
 * killed, the lock is free, and the state shows what it left.
 */

import { join } from "@std/path";
import {
  DamagedFileError,
  InUseError,
  StoreBusyError,
} from "../../errors/store_errors.ts";
import { whyOf } from "../../errors/why.ts";
import {
  asInteger,
  asObject,
  asString,
  optional,
  parseJson,
} from "../../formats/json.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isThere } from "../../fs/if_there.ts";
import { StagedFiles } from "../../fs/staged_files.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import {
  ensureRunDirectory,
  ensureWorkDirectory,
} from "../../store/disk_containers.ts";
import { runDirectory, workDirectory } from "../../store/paths.ts";
import { acquireLock, isLocked } from "../../store/records/lock.ts";
import type { Agent } from "../agent.ts";
import { readStored } from "../parse_stored.ts";
import { forgetExit, readExit } from "./process_exit.ts";

/** The state of a run. */
export interface LastRun {
  /**
   * The ID of the container that is run. It differs for the infra container of a
   * pod that was made for that container and is removed with it.
   */
  readonly owner: string;
  /** Whether its runner removes it at the end, or a cleanup if the runner dies. */
  readonly removal: "at-end" | "never";
  /** The file with its output; undefined if there is none. */
  readonly logPath?: string | undefined;
  /**
   * Whether its process was to be run, and not only its root to be mounted since:
   * where nobody runs it any more, what is mounted is left of that run.
   */
  readonly wasOpened: boolean;
  /** RFC 3339; undefined if it did not begin. */
  readonly startedAt: string | undefined;
  /** RFC 3339; undefined if it has not ended, or nobody saw it. */
  readonly finishedAt: string | undefined;
  /** 128 and the signal's number if a signal ended it. */
  readonly exitCode: number | undefined;
}

/** A run by this process, until it is disposed of. */
export interface OpenRun extends Disposable {
  /** Records that it begins. */
  begin(): Promise<void>;
  /** Records how it ended. */
  end(exitCode: number): Promise<void>;
}

const FILE = "run.json";
const MODE = 0o600;
const LOCK = "run.lock";
// Other processes test the lock for a moment.
const LOCK_TIMEOUT_MS = 2_000;

/** What is recorded before a run begins. */
export interface OpenRunOptions extends Pick<LastRun, "removal" | "logPath"> {
  /** The infra container that was made for it, if there is one. */
  readonly pod: ContainerId | undefined;
  /**
   * A further check, before the state of the last run is deleted.
   *
   * @default {nothing}
   */
  readonly check?: () => Promise<void>;
}

/**
 * Makes this process the runner of a container: see `openIdleRun()`.
 *
 * @throws {InUseError} If another process runs it.
 */
export async function openRun(
  agent: Agent,
  id: ContainerId,
  { removal, pod, logPath, check }: OpenRunOptions,
): Promise<OpenRun> {
  const lock = await takeLock(agent, id);
  try {
    await check?.();
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
  forgetExit(agent, id);
  const known = { owner: id, removal, logPath };
  let run: LastRun = { ...NOTHING, ...known, wasOpened: true };
  await note(agent, [id, ...pod === undefined ? [] : [pod]], run);
  return {
    async begin() {
      run = { ...run, startedAt: new Date().toISOString() };
      await note(agent, [id], run);
    },
    async end(exitCode) {
      run = { ...run, finishedAt: new Date().toISOString(), exitCode };
      await note(agent, [id], run);
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

/** Records that a container's process begins now: conmon will record its exit. */
export async function noteStart(agent: Agent, id: ContainerId): Promise<void> {
  const known = tryReadLastRun(agent, id);
  if (known?.startedAt !== undefined) return;
  const { owner = id, removal = "never", logPath } = known ?? {};
  const startedAt = new Date().toISOString();
  await note(agent, [id], {
    ...{ owner, removal, logPath },
    ...{ ...NOTHING, wasOpened: true, startedAt },
  });
}

/** Whether a process of orlop runs a container, or is about to. */
export function hasRunner({ store }: Agent, id: ContainerId): boolean {
  const path = join(runDirectory(store.paths, id), LOCK);
  return isThere(path, store.libc) && isLocked(path, store.libc);
}

/**
 * Reads the state of a container's last run; undefined if it was never run. If no
 * runner recorded its end, conmon's record counts.
 *
 * @throws {DamagedFileError} If it does not parse.
 */
export function readLastRun(
  agent: Agent,
  id: ContainerId,
): LastRun | undefined {
  const run = readNotes(agent, id);
  if (run === undefined || run.finishedAt !== undefined) return run;
  const exit = readExit(agent, id);
  if (exit === undefined) return run;
  const finishedAt = new Date(exit.finishedAtMs).toISOString();
  return { ...run, finishedAt, exitCode: exit.exitCode };
}

function readNotes({ store }: Agent, id: ContainerId): LastRun | undefined {
  const path = join(workDirectory(store.paths, id), FILE);
  const advice = "remove it: then nothing is known of the last run";
  return readStored({ path, advice }, parseRun, store);
}

/**
 * As `readLastRun()`, but a damaged file is not an error, so that lists still show
 * the other containers.
 */
export function tryReadLastRun(
  agent: Agent,
  id: ContainerId,
): LastRun | undefined {
  try {
    return readLastRun(agent, id);
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    agent.log("warn", error.message);
    return undefined;
  }
}

/** Deletes the state of the last run: it is out of date after a new start. */
export function forgetLastRun(agent: Agent, id: ContainerId): void {
  const run = tryReadLastRun(agent, id);
  forgetExit(agent, id);
  if (run === undefined) return;
  if (run.startedAt === undefined && !run.wasOpened) return;
  const { owner, removal, logPath } = run;
  const next: LastRun = { ...NOTHING, owner, removal, logPath };
  writeAtomically(noteOf(agent, id), JSON.stringify(next), { mode: MODE });
}

const NOTHING = {
  wasOpened: false,
  startedAt: undefined,
  finishedAt: undefined,
  exitCode: undefined,
} as const;

async function takeLock(
  { store }: Agent,
  id: ContainerId,
): Promise<Disposable> {
  const path = join(ensureRunDirectory(store.paths, id), LOCK);
  try {
    return await acquireLock(path, "write", {
      libc: store.libc,
      timeoutMs: LOCK_TIMEOUT_MS,
    });
  } catch (error) {
    if (!(error instanceof StoreBusyError)) throw error;
    throw new InUseError(
      `Cannot run container "${id}": another process runs it`,
      [id],
    );
  }
}

/**
 * Not for a container that was removed meanwhile: that would create its directory
 * again.
 */
async function note(
  agent: Agent,
  ids: readonly ContainerId[],
  run: LastRun,
): Promise<void> {
  try {
    using held = await agent.store.lock({ containers: "read" });
    using files = new StagedFiles();
    for (const id of ids) {
      if (held.containers.get(id) === undefined) continue;
      files.write(noteOf(agent, id), JSON.stringify(run), MODE);
    }
    await files.commit();
  } catch (error) {
    // A full disk must not prevent a run, or its cleanup.
    agent.log(
      "warn",
      `Cannot note how container "${ids[0]}" runs: ${whyOf(error)}`,
    );
  }
}

function noteOf({ store }: Agent, id: ContainerId): string {
  return join(ensureWorkDirectory(store.paths, id), FILE);
}

function parseRun(text: string, what: string): LastRun {
  const object = asObject(parseJson(text, what), what);
  const time = (key: string) =>
    optional(object[key], `${what}, ${key}`, asTime);
  return {
    owner: asString(object["owner"], `${what}, owner`),
    removal: object["removal"] === "at-end" ? "at-end" : "never",
    logPath: optional(object["logPath"], `${what}, logPath`, asString),
    // An older orlop did not note it: then it may be somebody's.
    wasOpened: object["wasOpened"] === true,
    startedAt: time("startedAt"),
    finishedAt: time("finishedAt"),
    exitCode: optional(object["exitCode"], `${what}, exitCode`, asInteger),
  };
}

function asTime(value: unknown, what: string): string {
  const text = asString(value, what);
  if (!Number.isNaN(Date.parse(text))) return text;
  throw new SyntaxError(`Cannot read ${what}: "${text}" is no time`);
}
