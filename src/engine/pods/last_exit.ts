/**
 * Exit codes of containers that are removed when their process has ended: who waits
 * for one looks now and then, and may find it gone.
 */

import { join } from "@std/path";
import { whyOf } from "../../errors/why.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { lstatIfThere, removeIfThere, tryReadText } from "../../fs/if_there.ts";
import { listDirectory } from "../../fs/list_directory.ts";
import { makeOwnDirectory } from "../../fs/own_directory.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import type { StorePaths } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import { tryReadLastRun } from "../containers/last_run.ts";

// podman keeps them as long.
const KEPT_MS = 5 * 60_000;

/** Keeps for a while how a container ended that is about to be removed. */
export function keepLastExit(agent: Agent, id: ContainerId): void {
  const exitCode = tryReadLastRun(agent, id)?.exitCode;
  if (exitCode === undefined) return;
  try {
    const folder = makeOwnDirectory(folderOf(agent.store.paths));
    forgetOld(folder);
    writeAtomically(join(folder, id), String(exitCode), {
      data: "later",
      directory: "later",
    });
  } catch (error) {
    // No reason to keep the container.
    agent.log("debug", `Cannot keep how "${id}" ended: ${whyOf(error)}`);
  }
}

/** The exit code of a container that was removed; undefined if nobody kept it. */
export function readLastExit(
  { store: { paths } }: Agent,
  id: ContainerId,
): number | undefined {
  const text = tryReadText(join(folderOf(paths), id)) ?? "";
  return /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}

function folderOf({ runRoot }: StorePaths): string {
  return join(runRoot, "orlop", "last-exits");
}

function forgetOld(folder: string): void {
  for (const name of listDirectory(folder)) {
    const path = join(folder, name);
    const madeMs = lstatIfThere(path)?.mtime?.getTime() ?? Infinity;
    if (Date.now() - madeMs > KEPT_MS) removeIfThere(path);
  }
}
