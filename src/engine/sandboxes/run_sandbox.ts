/** Makes sandboxes: pods that containers can be run in. */

import { type Abortable, settleAll } from "../../errors/abort.ts";
import { whyOf } from "../../errors/why.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../formats/storage/store_ids.ts";
import { isNameThere, removeIfThere } from "../../fs/if_there.ts";
import { randomId } from "../../fs/random_name.ts";
import { setNetworkSysctls } from "../../mount/pin_namespaces.ts";
import { readBootId } from "../../process/boot_id.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { createPodSandbox } from "../pods/create_pod_sandbox.ts";
import { checkSandboxRequest } from "./check_sandbox_request.ts";
import { sandboxOf } from "./list_sandboxes.ts";
import { lockSandbox } from "./lock_sandbox.ts";
import { removeLocked } from "./remove_sandbox.ts";
import type { Sandbox, SandboxRequest } from "./sandbox.ts";
import { noteAttachment } from "./attachment_note.ts";
import { startPause } from "./pause_process.ts";
import { findMissingCgroups, makeHostDirectories } from "./sandbox_cgroups.ts";
import { writeSandboxFiles } from "./sandbox_files.ts";
import { makeDirectory, mountSandbox } from "./sandbox_mounts.ts";
import {
  addressesIn,
  chooseNetworks,
  joinNetworks,
} from "./sandbox_network.ts";
import { SANDBOX_FILE } from "./sandbox_file.ts";
import { placesOf } from "./sandbox_places.ts";
import {
  checkStateSize,
  formatSandboxState,
  sandboxPath,
  type SandboxState,
  writeSandboxState,
} from "./sandbox_state.ts";

/**
 * Makes a sandbox: a pod with namespaces, networks and files. The request is on the
 * disk before anything is made, so that `removeSandbox()` can undo it after a kill
 * at any point. If something fails, all is undone.
 *
 * @param handle From `openAgent()`.
 * @throws {InvalidSandboxError} If something of the request is malformed, or not
 *   allowed.
 * @throws {NetworkError} If there is no network, or it cannot be joined.
 * @throws As `createPodSandbox()` does.
 * @example
 * ```ts
 * import { type Agent, runSandbox } from "orlop";
 * async function runWeb(agent: Agent): Promise<readonly string[]> {
 *   const { ips } = await runSandbox(agent, {
 *     podName: "web",
 *     hostname: "web",
 *     metadata: { name: "web", uid: "", namespace: "", attempt: 0 },
 *     ports: [{ protocol: "tcp", hostPort: 8080, containerPort: 80 }],
 *     namespaces: { network: "pod", ipc: "pod", pid: "container" },
 *     sysctls: { "net.ipv4.ip_unprivileged_port_start": "0" },
 *     labels: {},
 *     annotations: {},
 *     runtimeHandler: "",
 *   });
 *   return ips;
 * }
 * ```
 */
export async function runSandbox(
  handle: AgentHandle,
  { signal, ...request }: SandboxRequest & Abortable,
): Promise<Sandbox> {
  const agent = insideOf(handle);
  const sysctls = checkSandboxRequest(request);
  const id = parseContainerId(request.podId || randomId());
  const cgroups = await findMissingCgroups(agent, request, { signal });
  const state: SandboxState = {
    phase: "making",
    bootId: readBootId(),
    createdAtNs: BigInt(Date.now()) * 1_000_000n,
    request,
    networks: chooseNetworks(request),
    pid: undefined,
    cgroups,
  };
  checkStateSize(state);
  using _lock = await lockSandbox(agent, id, { signal });
  try {
    await createRecord(agent, id, { state, signal });
  } catch (error) {
    forgetLock(agent, id);
    throw error;
  }
  try {
    const made = await make(agent, id, { state, sysctls, signal });
    checkStateSize(made);
    writeSandboxState(agent, id, made);
    return sandboxOf(agent, id, made);
  } catch (error) {
    await undo(agent, id, error);
    throw error;
  }
}

/** Keeps the lock of an existing sandbox with this ID. */
function forgetLock(agent: Agent, id: ContainerId): void {
  if (isNameThere(sandboxPath(agent, id), agent.store.libc)) return;
  removeIfThere(placesOf(agent.store.paths, id).lock);
}

/** Creates its infra container: from here on, failures must be undone. */
async function createRecord(
  agent: Agent,
  id: ContainerId,
  { state, signal }: Abortable & { readonly state: SandboxState },
): Promise<void> {
  const { podName, metadata, users } = state.request;
  await createPodSandbox(agent, {
    podId: id,
    podName,
    containerName: podName,
    metadataName: metadata.name,
    uid: metadata.uid,
    namespace: metadata.namespace,
    attempt: metadata.attempt,
    imageName: agent.pauseImage,
    users,
    files: { [SANDBOX_FILE]: formatSandboxState(state) },
    signal,
  });
}

async function make(
  agent: Agent,
  id: ContainerId,
  { state, sysctls, signal }: Abortable & {
    readonly state: SandboxState;
    readonly sysctls: SandboxRequest["sysctls"];
  },
): Promise<SandboxState> {
  const { request } = state;
  const places = placesOf(agent.store.paths, id);
  noteAttachment(agent, id, state);
  makeDirectory(places, request);
  const { logDirectory } = request;
  const directories = [
    ...logDirectory === undefined ? [] : [logDirectory],
    ...state.cgroups,
  ];
  const { early, late } = splitSysctls(sysctls);
  await settleAll([
    mountSandbox(agent, places, { ...request, sysctls: early, signal }),
    makeHostDirectories(agent, directories, { signal }),
  ]);
  const networks = await joinNetworks(id, state, {
    namespace: places.net,
    lock: places.programLock,
    signal,
  });
  await setNetworkSysctls(places.net, late, { signal });
  writeSandboxFiles(agent, places, { request, ips: addressesIn(networks) });
  const pid = request.namespaces.pid === "pod"
    ? await startPause(agent, id, { request, signal })
    : undefined;
  return { ...state, phase: "ready", networks, pid };
}

/** Separates the sysctls of network interfaces from all others. */
function splitSysctls(sysctls: SandboxRequest["sysctls"]): {
  readonly early: SandboxRequest["sysctls"];
  readonly late: SandboxRequest["sysctls"];
} {
  const entries = Object.entries(sysctls);
  const isLate = ([path]: [string, string]) => /\/eth\d+\//.test(path);
  return {
    early: Object.fromEntries(entries.filter((entry) => !isLate(entry))),
    late: Object.fromEntries(entries.filter(isLate)),
  };
}

/** The first error is thrown; `removeSandbox()` can remove the rest. */
async function undo(
  agent: Agent,
  id: ContainerId,
  error: unknown,
): Promise<void> {
  try {
    await removeLocked(agent, id, {});
  } catch (second) {
    agent.log(
      "warn",
      `Cannot remove pod sandbox "${id}", made in part: ${whyOf(second)} ` +
        `(after: ${whyOf(error)})`,
      { pod: id },
    );
  }
}
