/** Watches for the end of containers' processes. */

import type { Abortable } from "../../errors/abort.ts";
import { whyOf } from "../../errors/why.ts";
import {
  type ContainerId,
  containerIdsIn,
} from "../../formats/storage/store_ids.ts";
import { listDirectory } from "../../fs/list_directory.ts";
import { makeOwnDirectory } from "../../fs/own_directory.ts";
import { exitsDirectory } from "../../store/paths.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import { readExit } from "../containers/process_exit.ts";
import { noteIfUnseen } from "./note_unseen.ts";
import { watchNames } from "./watch_names.ts";

// Finds exits without a watch, as the kernel limits their number.
const RESCAN_MS = 10_000;
const WITHOUT_WATCH_MS = 500;

/**
 * Yields each container whose process has ended, or ends from now on, if conmon
 * watches it in this boot. A container may be yielded more than once. If a conmon
 * was killed, an unknown exit code is recorded.
 *
 * @param handle From `openAgent()`.
 * @throws {Error} Its reason, when the signal aborts.
 * @example
 * ```ts
 * import { type Agent, readExit, watchExits } from "orlop";
 * async function tell(agent: Agent, signal: AbortSignal): Promise<void> {
 *   for await (const id of watchExits(agent, { signal })) {
 *     console.log(id, readExit(agent, id)?.exitCode);
 *   }
 * }
 * ```
 */
export async function* watchExits(
  handle: AgentHandle,
  { signal }: Abortable = {},
): AsyncGenerator<ContainerId, void, void> {
  const agent = insideOf(handle);
  signal?.throwIfAborted();
  const folder = makeOwnDirectory(exitsDirectory(agent.store.paths));
  using names = watchNames(folder);
  if (names.problem !== undefined) {
    const why = whyOf(names.problem);
    agent.log("warn", `Looks for ends of containers by and by: ${why}`);
  }
  const told = new Map<ContainerId, number>();
  for (;;) {
    const all = listDirectory(folder);
    for (const name of told.keys()) if (!all.includes(name)) told.delete(name);
    for (const id of containerIdsIn(all)) {
      await noteIfUnseen(agent, id, { signal });
    }
    yield* findNews(agent, all, told);
    const end = performance.now() +
      (names.problem === undefined ? RESCAN_MS : WITHOUT_WATCH_MS);
    for (;;) {
      const waitMs = end - performance.now();
      if (waitMs <= 0) break;
      const changed = await names.next({ signal, waitMs });
      yield* findNews(agent, changed, told);
    }
  }
}

function* findNews(
  agent: Agent,
  names: Iterable<string>,
  told: Map<ContainerId, number>,
): Generator<ContainerId> {
  for (const id of containerIdsIn(names)) {
    const exit = readExit(agent, id);
    if (exit === undefined || told.get(id) === exit.finishedAtMs) continue;
    told.set(id, exit.finishedAtMs);
    yield id;
  }
}
