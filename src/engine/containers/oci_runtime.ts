/**
 * OCI runtimes (runc, crun): what they know of containers, and what they are
 * told to do. They keep their state below the run root, which outlives orlop
 * and not a reboot; they tell a process from one that got its ID later.
 */

import { basename, join } from "@std/path";
import { type Abortable, linkSignals } from "../../errors/abort.ts";
import { CommandError } from "../../errors/store_errors.ts";
import {
  asInteger,
  asObject,
  asString,
  parseJson,
} from "../../formats/json.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { removeTreeSync } from "../../fs/remove_tree.ts";
import { checkProgram, findProgram } from "../../process/find_program.ts";
import type { CommandResult } from "../../process/run_command.ts";
import { runInGroup } from "../../process/run_in_group.ts";
import { runDirectory, type StorePaths } from "../../store/paths.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";

/** A runtime, and where it keeps its state. */
export interface OciRuntime {
  /** Absolute; undefined if it is not installed, or may not be run. */
  readonly program: string | undefined;
  readonly stateRoot: string;
}

/** A process, as a runtime knows it. */
export interface RuntimeProcess {
  readonly runtime: OciRuntime;
  readonly status: "starting" | "running" | "paused";
  /** Undefined if the runtime cannot be asked. */
  readonly pid: number | undefined;
}

// Runtimes that take the same command line.
const RUNTIMES = ["runc", "crun"] as const;
// Where they keep what people run by hand, with a bundle of orlop's.
const DEFAULT_STATE = "/run";
// They only look or send a signal; one that hangs must not hold orlop up.
const TIMEOUT_MS = 10_000;
// Within 10 s runc itself gives up to wait for a process that it has killed.
const DELETE_TIMEOUT_MS = 30_000;

/** @throws {CommandError} If it is not installed. */
export function findRuntime(name: string | undefined): string {
  if (name?.startsWith("/")) return checkProgram(name);
  if (name !== undefined) return findProgram(name);
  for (const runtime of RUNTIMES) {
    try {
      return findProgram(runtime);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }
  throw new CommandError(
    `Cannot find an OCI runtime: neither ${RUNTIMES.join(" nor ")} is ` +
      `installed; install one, or name one with --runtime`,
  );
}

/** The names of those that are installed. */
export function listRuntimes(): readonly string[] {
  return RUNTIMES.filter((name) => tryFindProgram(name) !== undefined);
}

/** A runtime as orlop itself runs it. */
export function ownRuntime({ store }: Agent, program: string): OciRuntime & {
  readonly program: string;
} {
  const stateRoot = join(ownStates(store.paths), basename(program));
  return { program, stateRoot };
}

/** Whether it is a runtime as orlop itself runs it: all that it knows is orlop's. */
export function isOwnRuntime(
  { store }: Pick<Agent, "store">,
  { stateRoot }: OciRuntime,
): boolean {
  return stateRoot.startsWith(`${ownStates(store.paths)}/`);
}

/** Flags of a runtime that stand before its command. */
export function stateFlags({ stateRoot }: OciRuntime): readonly string[] {
  return ["--root", stateRoot];
}

/** Where runtimes keep their states, as far as there are any. */
export function listStateRoots({ store }: Agent): readonly string[] {
  return [
    ...ownRoots(store),
    ...RUNTIMES.map((name) => join(DEFAULT_STATE, name))
      .filter((root) => isThere(root, store.libc)),
  ];
}

/** The runtimes that have a state of a container: none but rarely, or one. */
export function findRuntimesOf(
  agent: Agent,
  id: ContainerId,
  stateRoots: readonly string[] = listStateRoots(agent),
): readonly OciRuntime[] {
  return stateRoots.filter((root) => isThere(join(root, id), agent.store.libc))
    .map((stateRoot) => ({
      stateRoot,
      program: tryFindProgram(basename(stateRoot)),
    }));
}

/**
 * Asks a runtime for a container's process.
 *
 * @returns Undefined if there is none any more. A runtime that cannot be asked
 *   is taken for one that runs it: better nothing than the wrong thing.
 */
export async function findProcess(
  agent: Agent,
  id: ContainerId,
  { runtime, signal }: Abortable & { readonly runtime: OciRuntime },
): Promise<RuntimeProcess | undefined> {
  const unknown = { runtime, status: "running", pid: undefined } as const;
  try {
    const { code, stdout } = await tell(runtime, ["state", id], { signal });
    // It was killed before it wrote anything, or has just removed all.
    if (code !== 0) return hasState(runtime, id) ? unknown : undefined;
    const state = asObject(parseJson(stdout, "state"), "state");
    const bundle = asString(state["bundle"], "bundle");
    if (!isOwn(agent, { id, runtime, bundle })) return undefined;
    const status = statusOf(asString(state["status"], "status"));
    if (status === undefined) return undefined;
    return { runtime, status, pid: asInteger(state["pid"], "pid") };
  } catch {
    signal?.throwIfAborted();
    return unknown;
  }
}

/** Sends a signal to a container's process. */
export async function sendSignal(
  runtime: OciRuntime,
  id: ContainerId,
  { number, signal }: Abortable & { readonly number: number },
): Promise<void> {
  const args = ["kill", id, String(number)];
  const { code, stderr } = await tell(runtime, args, { signal });
  // It has ended meanwhile: that is what a look afterwards tells.
  if (code === 0 || /not running|process (already )?finished/i.test(stderr)) {
    return;
  }
  if (!hasState(runtime, id)) return;
  throw new CommandError(
    `Cannot send a signal to container "${id}": ${lastLine(stderr)}`,
    { exitCode: code },
  );
}

/**
 * Lets a container's process run that was created.
 *
 * @throws {CommandError} If it is not there, or runs already.
 */
export async function runCreated(
  runtime: OciRuntime,
  id: ContainerId,
  options: Abortable = {},
): Promise<void> {
  const { code, stderr } = await tell(runtime, ["start", id], options);
  if (code === 0) return;
  throw new CommandError(
    `Cannot start container "${id}": ${lastLine(stderr)}`,
    { exitCode: code },
  );
}

/** Lets the processes of a paused container go on. */
export async function resume(
  runtime: OciRuntime,
  id: ContainerId,
  options: Abortable = {},
): Promise<void> {
  await tell(runtime, ["resume", id], options);
}

/**
 * Lets runtimes forget a container, and end what is left of it. Whoever comes while
 * another call does it waits for that: of two runtimes at once one fails.
 *
 * @param other One besides orlop's own, where its process was found.
 * @throws {CommandError} If one does not.
 */
export async function forget(
  { store }: Agent,
  id: ContainerId,
  other?: OciRuntime,
): Promise<void> {
  const roots = new Set(ownRoots(store));
  if (other !== undefined) roots.add(other.stateRoot);
  for (const stateRoot of roots) {
    const directory = join(stateRoot, id);
    while (forgetting.has(directory)) {
      await forgetting.get(directory)?.catch(() => {}); // its caller is told
    }
    if (!isThere(directory, store.libc)) continue;
    const job = forgetIn(stateRoot, id)
      .finally(() => forgetting.delete(directory));
    forgetting.set(directory, job);
    await job;
  }
}

const forgetting = new Map<string, Promise<void>>();

async function forgetIn(stateRoot: string, id: ContainerId): Promise<void> {
  const directory = join(stateRoot, id);
  const program = tryFindProgram(basename(stateRoot));
  const runtime = { program, stateRoot };
  const { code, stderr } = await tell(runtime, ["delete", "--force", id], {
    timeoutMs: DELETE_TIMEOUT_MS,
  });
  if (code === 0 || !isThere(directory)) return;
  if (hasState(runtime, id)) throw notForgotten(id, stderr);
  // Of one that was killed while it began or ended.
  removeTreeSync(directory);
}

function notForgotten(id: ContainerId, stderr: string): CommandError {
  return new CommandError(
    `Cannot end container "${id}": ${lastLine(stderr) || "its runtime failed"}`,
  );
}

/**
 * Runs a command of a runtime, and waits for its end, whatever the exit code.
 *
 * @throws {CommandError} If the runtime is not installed.
 */
export async function tell(
  { program, stateRoot }: OciRuntime,
  args: readonly string[],
  { signal, timeoutMs = TIMEOUT_MS }: Abortable & {
    readonly timeoutMs?: number;
  } = {},
): Promise<CommandResult> {
  if (program === undefined) {
    throw new CommandError(
      `Cannot ask "${basename(stateRoot)}": it is not installed`,
    );
  }
  const flags = stateFlags({ program, stateRoot });
  return await runInGroup(program, [...flags, ...args], {
    signal: linkSignals(signal, AbortSignal.timeout(timeoutMs)),
    okCodes: "any",
  });
}

/** Elsewhere only those of its bundles are orlop's. */
function isOwn(
  agent: Agent,
  { id, runtime, bundle }: {
    readonly id: ContainerId;
    readonly runtime: OciRuntime;
    readonly bundle: string;
  },
): boolean {
  if (isOwnRuntime(agent, runtime)) return true;
  try {
    return Deno.realPathSync(bundle) ===
      Deno.realPathSync(runDirectory(agent.store.paths, id));
  } catch {
    return false; // one of them is not there
  }
}

/** Runtime-spec v1.1, runtime.md, "State"; `paused` is common to both. */
function statusOf(text: string): RuntimeProcess["status"] | undefined {
  switch (text) {
    case "stopped":
      return undefined;
    case "creating":
    case "created":
      return "starting";
    case "paused":
    case "pausing":
      return "paused";
    default:
      return "running";
  }
}

/** What runc or crun write first when they begin. */
function hasState({ stateRoot }: OciRuntime, id: ContainerId): boolean {
  return ["state.json", "status"].some((name) =>
    isThere(join(stateRoot, id, name))
  );
}

function ownRoots({ paths, libc }: Store): readonly string[] {
  const own = ownStates(paths);
  if (!isThere(own, libc)) return [];
  return listIfDirectory(own).map((name) => join(own, name));
}

function ownStates({ runRoot }: StorePaths): string {
  return join(runRoot, "orlop", "runtimes");
}

function tryFindProgram(name: string): string | undefined {
  try {
    return findProgram(name);
  } catch {
    return undefined;
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
