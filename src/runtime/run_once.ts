/**
 * Containers that go with the process that runs them. If it is killed, nobody
 * removes them: the mark on disk tells whose they were, also after a reboot,
 * and the lock whether that process is still there.
 */

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "@std/path";
import { asObject, asString, parseJson } from "../formats/json.ts";
import type { ContainerId } from "../formats/store_ids.ts";
import { isErrno } from "../fs/errno.ts";
import { writeAtomically } from "../fs/write_atomically.ts";
import { runCommand } from "../process/run_command.ts";
import { ensureWorkDirectory } from "../store/container_store.ts";
import { tryLock } from "../store/lock.ts";
import { workDirectory } from "../store/paths.ts";
import type { Agent } from "./agent.ts";
import { parseStored } from "./parse_stored.ts";

/** What the mark says. */
interface Mark {
  /** The ID of the container that is run; a pod's infra container goes too. */
  readonly owner: string;
  /** The absolute path of the OCI runtime. */
  readonly runtime: string;
}

const MARK = "run-once.json";

/**
 * Marks containers as this process's own, until it is disposed of.
 *
 * @param ids The container that is run, and others that go with it.
 */
export function markRunOnce(
  { store }: Agent,
  ids: readonly [ContainerId, ...ContainerId[]],
  { runtime }: { readonly runtime: string },
): Disposable {
  const [owner] = ids;
  const path = lockPath(store.paths.runRoot, owner);
  const lock = tryLock(path, store.libc); // nobody else runs it: it is new
  for (const id of ids) {
    const mark: Mark = { owner, runtime };
    const directory = ensureWorkDirectory(store.paths, id);
    writeAtomically(join(directory, MARK), JSON.stringify(mark));
  }
  return {
    [Symbol.dispose]() {
      rmSync(path, { force: true });
      lock?.[Symbol.dispose]();
    },
  };
}

/**
 * Whether a container's process is there: orlop's own, or the container's.
 * Undefined if it goes with no process.
 */
export async function hasRunner(
  { store }: Agent,
  id: ContainerId,
  { isMounted }: { readonly isMounted: boolean },
): Promise<boolean | undefined> {
  const mark = readMark(join(workDirectory(store.paths, id), MARK));
  if (mark === undefined) return undefined;
  const path = lockPath(store.paths.runRoot, mark.owner);
  if (existsSync(path)) {
    using lock = tryLock(path, store.libc);
    if (lock === undefined) return true;
    rmSync(path, { force: true });
  }
  return isMounted && await isRunning(mark, id);
}

/** Asks the runtime: processes outlive the orlop that started them. */
async function isRunning({ runtime }: Mark, id: string): Promise<boolean> {
  try {
    const { code, stdout } = await runCommand(runtime, ["state", id], {
      okCodes: "any",
    });
    if (code !== 0) return false; // it does not know it any more
    return asObject(parseJson(stdout, "state"), "state")["status"] !==
      "stopped";
  } catch {
    return true; // gone, or not allowed: better nothing than the wrong thing
  }
}

function readMark(path: string): Mark | undefined {
  const advice = "remove it: then the container stays until it is removed";
  try {
    const bytes = readFileSync(path);
    return parseStored({ path, advice }, (what) => {
      const mark = asObject(parseJson(bytes, what), what);
      return {
        owner: asString(mark["owner"], what),
        runtime: asString(mark["runtime"], what),
      };
    });
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

function lockPath(runRoot: string, id: string): string {
  return join(runRoot, "orlop", "runs", id);
}
