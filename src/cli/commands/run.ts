/** `orlop run`. */

import { ImageNotFoundError } from "../../errors.ts";
import { parseContainerId } from "../../formats/store_ids.ts";
import type { Agent } from "../../runtime/agent.ts";
import {
  deleteContainer,
  removePodSandbox,
} from "../../runtime/delete_container.ts";
import { inspectImage } from "../../runtime/list_images.ts";
import { pullImage } from "../../runtime/pull_image.ts";
import { findRuntime, runContainer } from "../../runtime/run_container.ts";
import { markRunOnce } from "../../runtime/run_once.ts";
import type { Call } from "../command.ts";
import {
  type CreatedContainer,
  createFromFlags,
} from "../create_from_flags.ts";
import { openSession } from "../open_session.ts";
import { pullOptions } from "../pull_options.ts";
import { showProgress } from "../show_progress.ts";
import type { RUN } from "../table/container_commands.ts";

type RunCall = Call<typeof RUN>;

/** Runs a command in a new container; its exit code is the result. */
export async function run(call: RunCall): Promise<number> {
  const { flags, signal } = call;
  const runtime = findRuntime(flags.runtime); // better missed now than later
  using session = openSession(call);
  const { agent } = session;
  await pullIfWanted(agent, call);
  const request = { flags, words: call.arguments };
  const created = await createFromFlags(agent, request, { signal });
  using _mark = flags.rm ? mark(agent, created, runtime) : undefined;
  try {
    return await runContainer(agent, created.id, {
      runtime: flags.runtime,
      stdin: flags.interactive ? "inherit" : "null",
      signal,
    });
  } finally {
    if (flags.rm) await remove(agent, created);
  }
}

async function pullIfWanted(agent: Agent, call: RunCall): Promise<void> {
  const { flags, terminal, signal } = call;
  const [name = ""] = call.arguments;
  if (flags.pull === "never") return;
  if (flags.pull === "missing" && await isStored(agent, name, signal)) return;
  const style = flags.quiet ? "none" : flags.progress;
  using display = showProgress(style, terminal);
  const { onProgress: onEvent } = display;
  await pullImage(agent, name, { ...pullOptions(flags), onEvent, signal });
}

async function isStored(
  agent: Agent,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await inspectImage(agent, name, { signal });
    return true;
  } catch (error) {
    if (error instanceof ImageNotFoundError) return false;
    throw error;
  }
}

/** So that a cleanup knows what to remove if this process is killed. */
function mark(
  agent: Agent,
  { id, pod }: CreatedContainer,
  runtime: string,
): Disposable {
  const infra = pod.isNew ? [parseContainerId(pod.podId)] : [];
  return markRunOnce(agent, [id, ...infra], { runtime });
}

/** Not abortable: what was interrupted is cleaned up as well. */
async function remove(
  agent: Agent,
  { id, pod }: CreatedContainer,
): Promise<void> {
  await deleteContainer(agent, id);
  if (pod.isNew) await removePodSandbox(agent, pod.podId);
}
