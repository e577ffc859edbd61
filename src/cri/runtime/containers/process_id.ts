/** The process of a container, as its runtime told it when it was created. */

import { join } from "@std/path";
import type { Agent } from "../../../engine/agent.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import { readTextIfThere } from "../../../fs/if_there.ts";
import { runDirectory } from "../../../store/paths.ts";

/** Its process ID; 0 if there is none, or it has ended and was put away. */
export function readProcessId({ store }: Agent, id: ContainerId): number {
  const file = join(runDirectory(store.paths, id), "runtime.pid");
  const text = readTextIfThere(file)?.trim() ?? "";
  return /^\d{1,10}$/.test(text) ? Number(text) : 0;
}
