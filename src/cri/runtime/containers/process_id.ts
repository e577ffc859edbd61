/** The process ID of a container, from its PID file. */

import { join } from "@std/path";
import type { Agent } from "../../../engine/agent.ts";
import { readPid } from "../../../engine/monitor/stray_process.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import { runDirectory } from "../../../store/paths.ts";

/** Its process ID; 0 if there is none, or it has ended and was cleaned up. */
export function readProcessId({ store }: Agent, id: ContainerId): number {
  return readPid(join(runDirectory(store.paths, id), "runtime.pid")) ?? 0;
}
