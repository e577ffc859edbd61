/** Tells when containers' processes end. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../formats/storage/store_ids.ts";
import { listDirectory } from "../../fs/list_directory.ts";
import { makeOwnDirectory } from "../../fs/own_directory.ts";
import { exitsDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import { readExit } from "../containers/process_exit.ts";

/**
 * Names each container whose process has ended, or ends from now on, as far as
 * conmon watches it in this boot. A container may be named more than once.
 *
 * @throws {Error} Its reason, when the signal aborts.
 */
export async function* watchExits(
  agent: Agent,
  { signal }: Abortable = {},
): AsyncGenerator<ContainerId, void, void> {
  signal?.throwIfAborted();
  const folder = makeOwnDirectory(exitsDirectory(agent.store.paths));
  using watcher = Deno.watchFs(folder);
  const abort = () => watcher.close();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    yield* findExits(agent, folder);
    for await (const { kind, flag, paths } of watcher) {
      // The kernel could not keep up.
      if (flag === "rescan") yield* findExits(agent, folder);
      if (kind === "access" || kind === "remove") continue;
      for (const id of paths.flatMap((path) => idOf(folder, path))) {
        if (readExit(agent, id) !== undefined) yield id;
      }
    }
    signal?.throwIfAborted();
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

function* findExits(agent: Agent, folder: string): Generator<ContainerId> {
  for (const name of listDirectory(folder)) {
    for (const id of idOf(folder, join(folder, name))) {
      if (readExit(agent, id) !== undefined) yield id;
    }
  }
}

/** The container that a file in the folder belongs to: `<folder>/<id>/exit`. */
function idOf(folder: string, path: string): readonly ContainerId[] {
  const [name = ""] = path.slice(folder.length + 1).split("/");
  try {
    return [parseContainerId(name)];
  } catch {
    return []; // somebody else's
  }
}
