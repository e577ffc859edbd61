/** `orlop run`. */

import type { Agent } from "../../../engine/agent.ts";
import { findRuntime } from "../../../engine/runtimes/find_runtime.ts";
import { inspectImage } from "../../../engine/images/list_images.ts";
import { runContainer } from "../../../engine/pods/run_container.ts";
import type { PullOptions } from "../../../engine/transfer/pull_image.ts";
import { ImageNotFoundError } from "../../../errors/not_found_errors.ts";
import { hasTransport } from "../../../formats/oci/transport_reference.ts";
import { parseContainerId } from "../../../formats/storage/store_ids.ts";
import {
  parsePlatform,
  platformFits,
  platformOf,
} from "../../../image/choose_manifest.ts";
import { isOnTerminal } from "../../../process/run_interactive.ts";
import type { Call } from "../../command.ts";
import { createFromFlags } from "../../input/create_from_flags.ts";
import { findExitCommand } from "../../input/exit_command.ts";
import { pullOptions } from "../../input/flags/pull_options.ts";
import { openSession } from "../../open_session.ts";
import type { PullCall } from "../../pull_with_progress.ts";
import { describeError } from "../../render/describe_error.ts";
import type { RUN } from "../../table/create_commands.ts";

type RunCall = Call<typeof RUN>;

/** Runs a command in a new container; its exit code is the result. */
export async function run(call: RunCall): Promise<number> {
  const { flags, terminal, signal } = call;
  findRuntime(flags.runtime); // better missed now than later
  // Read even if nothing is pulled: the password on standard input must not reach
  // the container.
  const pulling = await pullOptions(call);
  using session = openSession(call, { ifMissing: "make" });
  const { agent } = session;
  const exitCommand = flags.detach ? findExitCommand(call.config) : undefined;
  const image = await findOrPull(agent, call, pulling);
  const request = {
    flags: {
      ...flags,
      tty: flags.tty && (flags.detach || findsTerminal(agent)),
    },
    words: [image, ...call.arguments.slice(1)],
  };
  const { id, pod } = await createFromFlags(agent, request, {
    missingCommand: "refuse",
    networks: call.config.serve,
    signal,
  });
  // A pod that was made only for the container is removed with it.
  const isOwn = pod.isNew && (flags.rm || flags.pod === undefined);
  const options = {
    runtime: flags.runtime,
    removal: flags.rm ? "at-end" : "never",
    pod: isOwn ? parseContainerId(pod.podId) : undefined,
    signal,
  } as const;
  if (exitCommand === undefined) {
    const stdin = flags.interactive ? "inherit" : "null";
    return await runContainer(agent, id, { ...options, stdin });
  }
  const { runDetached } = await import("../../../engine/pods/run_detached.ts");
  await runDetached(agent, id, {
    ...options,
    stdin: flags.interactive ? "open" : "none",
    exitCommand: exitCommand(id),
  });
  terminal.print(id);
  return 0;
}

/** Without a terminal, as in cron, `-t` has no effect. */
function findsTerminal(agent: Agent): boolean {
  if (isOnTerminal()) return true;
  agent.log(
    "warn",
    "The container gets no terminal: orlop itself has none; leave out --tty",
  );
  return false;
}

/** Returns a name by which the image is in the store. */
async function findOrPull(
  agent: Agent,
  call: RunCall,
  pulling: PullOptions,
): Promise<string> {
  const { flags, signal } = call;
  const [typed] = call.arguments;
  if (flags.pull === "never") return typed;
  const isThere = flags.pull !== "always" && await isStored(agent, call);
  if (flags.pull === "missing" && isThere) return typed;
  try {
    const { names } = await pull(agent, typed, { ...call, options: pulling });
    // An image from a layout on disk gets another name.
    return hasTransport(typed) ? names[0] ?? typed : typed;
  } catch (error) {
    signal.throwIfAborted();
    if (!isThere) throw error;
    // As in podman: if the check for a newer image fails, the stored one is used.
    agent.log("warn", `No newer image: ${describeError(error)}`);
    return typed;
  }
}

/** The code for pulls is loaded on demand. */
async function pull(agent: Agent, name: string, call: PullCall) {
  const { pullWithProgress } = await import("../../pull_with_progress.ts");
  return await pullWithProgress(agent, name, call);
}

/** Whether it is there, and for the platform that was asked for. */
async function isStored(agent: Agent, call: RunCall): Promise<boolean> {
  const { flags: { platform }, signal } = call;
  const [typed] = call.arguments;
  try {
    const { config } = await inspectImage(agent, typed, { signal });
    const made = config && platformOf(config);
    return platform === undefined || made === undefined ||
      platformFits(made, parsePlatform(platform));
  } catch (error) {
    if (error instanceof ImageNotFoundError) return false;
    throw error;
  }
}
