/**
 * Queries and commands to OCI runtimes. They distinguish a process from a later one
 * with the same ID.
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

/** A process in the state of a runtime. */
export interface RuntimeProcess {
  readonly runtime: OciRuntime;
  readonly status: "starting" | "running" | "paused";
  /** Undefined if the runtime cannot be queried. */
  readonly pid: number | undefined;
}

// For queries and signals; a hanging runtime must not block orlop.
const TIMEOUT_MS = 10_000;
// runc itself waits 10 s for a process that it has killed.
const DELETE_TIMEOUT_MS = 30_000;

/**
 * Queries a runtime for a container's process.
 *
 * @returns Undefined if there is none. If the query fails, the process counts as
 *   running, to be safe.
 */
export async function findProcess(
  agent: Agent,
  id: ContainerId,
  { runtime, signal }: Abortable & { readonly runtime: OciRuntime },
): Promise<RuntimeProcess | undefined> {
  const unknown = { runtime, status: "running", pid: undefined } as const;
  try {
    const { code, stdout } = await tell(runtime, ["state", id], { signal });
    // The runtime was killed before it saved a state, or has just deleted it.
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
  // The process has ended meanwhile: a later query shows that.
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
 * Starts a container's created process.
 *
 * @throws {CommandError} If it does not exist, or runs already.
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

/** Resumes the processes of a paused container. */
export async function resume(
  runtime: OciRuntime,
  id: ContainerId,
  options: Abortable = {},
): Promise<void> {
  await tell(runtime, ["resume", id], options);
}

/**
 * Deletes a container from runtimes, and ends its remaining processes. Concurrent
 * calls share the work, as one of two runtimes would fail.
 *
 * @param other A runtime besides orlop's own, in which its process was found.
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
      await forgetting.get(directory)?.catch(() => {}); // its caller gets the error
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
  // The state of a runtime that was killed while it created or deleted the
  // container.
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

/** In another state directory, only containers with orlop's bundles are orlop's. */
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

/** The first file that runc or crun write. */
function hasState({ stateRoot }: OciRuntime, id: ContainerId): boolean {
  return ["state.json", "status"].some((name) =>
    isThere(join(stateRoot, id, name))
  );
}
