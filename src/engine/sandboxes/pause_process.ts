/** Runs the process that keeps a sandbox's PID namespace. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import {
  formatRuntimeSpec,
  type RuntimeSpec,
} from "../../formats/oci/runtime_spec.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import { cgroupsPathOf } from "../../image/cgroups_path.ts";
import { workDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import { endProcess } from "../containers/end_process.ts";
import { startContainer } from "../containers/start_container.ts";
import { unmountContainer } from "../pods/unmount_container.ts";
import { createProcess } from "../monitor/create_process.ts";
import { forgetProcess } from "../monitor/forget_process.ts";
import { startProcess } from "../monitor/start_process.ts";
import { readTemplate } from "../parse_stored.ts";
import { makePauseSpec } from "./pause_spec.ts";
import type { SandboxRequest } from "./sandbox.ts";
import { namespacesOf, placesOf } from "./sandbox_places.ts";
import { managerOf } from "./sandbox_cgroups.ts";

/**
 * Starts the pause process of a sandbox, after its other namespaces.
 *
 * @returns Its process ID.
 * @throws As `createProcess()` and `startProcess()` do.
 */
export async function startPause(
  agent: Agent,
  id: ContainerId,
  { request, signal }: Abortable & {
    readonly request: SandboxRequest;
  },
): Promise<number> {
  const { runtime } = request;
  writeTemplate(agent, id, request);
  await startContainer(agent, id, { signal });
  const pid = await createProcess(agent, id, {
    ...{ runtime, signal },
    cgroupManager: managerOf(request),
  });
  await startProcess(agent, id, { runtime, signal });
  return pid;
}

/** Ends it, even if its start was interrupted, and unmounts its root. */
export async function endPause(
  agent: Agent,
  id: ContainerId,
  options: Abortable = {},
): Promise<void> {
  // A runtime that is to forget what still runs looks for its end once in 100 ms.
  await endProcess(agent, id, { ...options, timeMs: 0 });
  await forgetProcess(agent, id);
  await unmountContainer(agent, id, { ...options, mode: "all" });
}

function writeTemplate(
  agent: Agent,
  id: ContainerId,
  request: SandboxRequest,
): void {
  const template: RuntimeSpec = readTemplate(agent, id) ?? {
    ociVersion: "1.0.2",
    process: { args: ["/pause"], cwd: "/", user: { uid: 65_535, gid: 65_535 } },
  };
  const { paths } = agent.store;
  const spec = makePauseSpec(template, {
    namespaces: namespacesOf(placesOf(paths, id), request),
    cgroupsPath: cgroupsPathOf(id, {
      parent: request.cgroupParent,
      manager: managerOf(request),
    }),
  });
  const path = join(workDirectory(paths, id), "config.json");
  writeAtomically(path, formatRuntimeSpec(spec));
}
