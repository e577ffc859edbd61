/** Runs commands of users in running containers. */

import type { Abortable } from "../../errors/abort.ts";
import type { RuntimeUser } from "../../formats/oci/runtime_spec.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { readLinesInRoot } from "../../fs/read_in_root.ts";
import { capabilitiesIn } from "../../image/capabilities.ts";
import { lookUpUser } from "../../image/user_lookup.ts";
import type { ProcessStreams } from "../../process/process_streams.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { openAttach, type OpenAttachOptions } from "../monitor/open_attach.ts";
import { openExec, type OpenExecOptions } from "../monitor/open_exec.ts";
import { mountPoint } from "../mounts/mount_points.ts";
import { findOwn } from "./find_own.ts";
import { requireRunning } from "./find_running.ts";

/** A command, and how it differs from the container's own process. */
export interface ExecOptions
  extends Omit<OpenExecOptions, "user" | "capabilities"> {
  /**
   * `name|uid[:group|gid]`, as the container's own files have it.
   *
   * @default {who runs the container's process}
   */
  readonly user?: string | undefined;
  /**
   * Whether it has all capabilities of orlop.
   *
   * @default {false}
   */
  readonly privileged?: boolean | undefined;
}

/**
 * Runs a command in a container. An abort ends it; disposing detaches from it.
 *
 * @param handle From `openAgent()`, with libc that has sockets.
 * @param idOrName Full ID, name, ID of its layer, or a unique prefix of its ID.
 * @returns Its streams, and its exit code: 126 or 127 if it cannot be executed, or
 *   is not there.
 * @throws {ContainerNotFoundError} If the container is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {TypeError} If there is no such user, or no command.
 * @throws {Error} If nothing runs in the container.
 * @example
 * ```ts
 * import { type Agent, execInContainer } from "orlop";
 * async function succeeds(agent: Agent, name: string): Promise<boolean> {
 *   await using process = await execInContainer(agent, name, {
 *     command: ["test", "-e", "/run/ready"],
 *   });
 *   await Promise.all([process.stdout.cancel(), process.stderr.cancel()]);
 *   return await process.ended === 0;
 * }
 * ```
 */
export async function execInContainer(
  handle: AgentHandle,
  idOrName: string,
  { user, privileged = false, env = [], ...options }: ExecOptions,
): Promise<ProcessStreams> {
  const agent = insideOf(handle);
  const { signal } = options;
  const record = await findOwn(agent, idOrName, { verb: "enter", signal });
  const doing = "run a command in";
  await requireRunning(agent, record, { doing, signal });
  const found = user === undefined
    ? undefined
    : await findUser(agent, record, user);
  return await openExec(agent, record.id, {
    ...options,
    env: found === undefined ? env : [`HOME=${found.home}`, ...env],
    user: found?.user,
    capabilities: privileged ? allOf(agent) : undefined,
  });
}

/**
 * Attaches to the process of a container.
 *
 * @param handle From `openAgent()`, with libc that has sockets.
 * @param idOrName Full ID, name, ID of its layer, or a unique prefix of its ID.
 * @throws {ContainerNotFoundError} If the container is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {Error} If nothing runs in it, or conmon does not watch it.
 * @example
 * ```ts
 * import { type Agent, attachToContainer } from "orlop";
 * async function follow(agent: Agent, name: string): Promise<void> {
 *   await using process = await attachToContainer(agent, name);
 *   await process.stderr.cancel();
 *   for await (const bytes of process.stdout) await Deno.stdout.write(bytes);
 * }
 * ```
 */
export async function attachToContainer(
  handle: AgentHandle,
  idOrName: string,
  { signal, ...options }: Abortable & OpenAttachOptions = {},
): Promise<ProcessStreams> {
  const agent = insideOf(handle);
  const record = await findOwn(agent, idOrName, { verb: "enter", signal });
  await requireRunning(agent, record, { doing: "attach to", signal });
  return await openAttach(agent, record.id, options);
}

/** Looked up in the current files of the container, which may have changed. */
async function findUser(
  agent: Agent,
  { layer }: ContainerRecord,
  text: string,
): Promise<{ readonly user: RuntimeUser; readonly home: string }> {
  const root = mountPoint(agent, layer);
  const { libc } = agent.store;
  const { uid, gid, additionalGids, home } = await lookUpUser(
    text,
    (file) => readLinesInRoot(root, file, { libc }),
  );
  return { user: { uid, gid, additionalGids }, home };
}

function allOf({ host }: Agent): readonly string[] {
  return capabilitiesIn(host.readCapabilities() ?? -1n);
}
