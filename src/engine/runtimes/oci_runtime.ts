/**
 * What OCI runtimes know of containers, and what they are told to do. They tell a
 * process from one that got its ID later.
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
import { removeTreeSync } from "../../fs/remove_tree.ts";
import type { CommandResult } from "../../process/run_command.ts";
import { runInGroup } from "../../process/run_in_group.ts";
import { runDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import {
  isOwnRuntime,
  listOwnStateRoots,
  type OciRuntime,
  runtimeOf,
  stateFlags,
} from "./find_runtime.ts";
import { runtimeMessage } from "./runtime_message.ts";

/** A process, as a runtime knows it. */
export interface RuntimeProcess {
  readonly runtime: OciRuntime;
  readonly status: "starting" | "running" | "paused";
  /** Undefined if the runtime cannot be asked. */
  readonly pid: number | undefined;
}

// They only look or send a signal; one that hangs must not hold orlop up.
const TIMEOUT_MS = 10_000;
// Within 10 s runc itself gives up to wait for a process that it has killed.
const DELETE_TIMEOUT_MS = 30_000;

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
    `Cannot send a signal to container "${id}": ${runtimeMessage(stderr)}`,
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
    `Cannot start container "${id}": ${runtimeMessage(stderr)}`,
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
  const roots = new Set(listOwnStateRoots(store));
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
  const runtime = runtimeOf(stateRoot);
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
    `Cannot end container "${id}": ${
      runtimeMessage(stderr) || "its runtime failed"
    }`,
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
