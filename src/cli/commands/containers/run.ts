/** `orlop run`. */

import type { Agent } from "../../../engine/agent.ts";
import { findRuntime } from "../../../engine/containers/oci_runtime.ts";
import { inspectImage } from "../../../engine/images/list_images.ts";
import { runContainer } from "../../../engine/pods/run_container.ts";
import { pullImage } from "../../../engine/transfer/pull_image.ts";
import { ImageNotFoundError } from "../../../errors/store_errors.ts";
import { parseContainerId } from "../../../formats/storage/store_ids.ts";
import type { Call } from "../../command.ts";
import { createFromFlags } from "../../input/create_from_flags.ts";
import { pullOptions } from "../../input/flags/pull_options.ts";
import { openSession } from "../../open_session.ts";
import { describeError } from "../../render/describe_error.ts";
import { showProgress } from "../../render/progress/show_progress.ts";
import type { RUN } from "../../table/container_commands.ts";

type RunCall = Call<typeof RUN>;

/** Runs a command in a new container; its exit code is the result. */
export async function run(call: RunCall): Promise<number> {
  const { flags, signal } = call;
  findRuntime(flags.runtime); // better missed now than later
  using session = openSession(call, { ifMissing: "make" });
  const { agent } = session;
  await pullIfWanted(agent, call);
  const request = { flags, words: call.arguments };
  const { id, pod } = await createFromFlags(agent, request, {
    missingCommand: "refuse",
    signal,
  });
  // A pod that nobody asked for goes with its container.
  const isOwn = pod.isNew && (flags.rm || flags.pod === undefined);
  return await runContainer(agent, id, {
    runtime: flags.runtime,
    stdin: flags.interactive ? "inherit" : "null",
    removal: flags.rm ? "at-end" : "never",
    pod: isOwn ? parseContainerId(pod.podId) : undefined,
    signal,
  });
}

async function pullIfWanted(agent: Agent, call: RunCall): Promise<void> {
  const { flags, terminal, signal } = call;
  const [name = ""] = call.arguments;
  if (flags.pull === "never") return;
  const isThere = flags.pull !== "always" &&
    await isStored(agent, name, signal);
  if (flags.pull === "missing" && isThere) return;
  const style = flags.quiet ? "none" : flags.progress;
  using display = showProgress(style, terminal);
  const { onProgress: onEvent } = display;
  try {
    await pullImage(agent, name, { ...pullOptions(flags), onEvent, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!isThere) throw error;
    // As podman: there may be a newer one, but the one in the store will do.
    agent.log("warn", `No newer image: ${describeError(error)}`);
  }
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
