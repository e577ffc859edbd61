/**
 * The lock of the process that serves a store to a Kubernetes node. While it is
 * held, the kubelet decides which images and containers are removed.
 */

import { dirname, join } from "@std/path";
import type { Abortable } from "../errors/abort.ts";
import { InUseError, StoreBusyError } from "../errors/store_errors.ts";
import { isThere } from "../fs/if_there.ts";
import type { StorePaths } from "../store/paths.ts";
import { acquireLock, isLocked } from "../store/records/lock.ts";
import type { Store } from "../store/store.ts";
import type { Agent } from "./agent.ts";

// Tests of the lock hold it only for a moment.
const LOCK_TIMEOUT_MS = 2_000;

/**
 * Makes this process the one that serves a store, until the result is disposed of,
 * or the process ends.
 *
 * @throws {InUseError} If another process serves it.
 */
export async function claimStore(
  { store }: Agent,
  options: Abortable = {},
): Promise<Disposable> {
  const path = lockOf(store.paths);
  await Deno.mkdir(dirname(path), { recursive: true });
  try {
    return await acquireLock(path, "write", {
      ...options,
      libc: store.libc,
      timeoutMs: LOCK_TIMEOUT_MS,
    });
  } catch (error) {
    if (!(error instanceof StoreBusyError)) throw error;
    throw new InUseError(
      `Cannot serve store "${store.paths.root}": another "orlop serve" does; ` +
        `"${path}" is locked`,
      [],
    );
  }
}

/** Whether a process serves a store now. */
export function isServed(
  { paths, libc }: Pick<Store, "paths" | "libc">,
): boolean {
  const path = lockOf(paths);
  return isThere(path, libc) && isLocked(path, libc);
}

function lockOf({ runRoot }: StorePaths): string {
  return join(runRoot, "orlop", "serve.lock");
}
