/**
 * Where a pod that has namespaces or networks of its own is recorded: apart from
 * what reads that, so that it is loaded only for such pods.
 */

import { join } from "@std/path";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isNameThere } from "../../fs/if_there.ts";
import { attachmentPath, workDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";

/** The name of the file, in the work directory of the pod's infra container. */
export const SANDBOX_FILE = "sandbox.json";

/** Whether there is a state of a sandbox to read, or a note of it. */
export function isSandbox(
  { store: { paths, libc } }: Agent,
  podId: ContainerId,
): boolean {
  const state = join(workDirectory(paths, podId), SANDBOX_FILE);
  return isNameThere(state, libc) ||
    isNameThere(attachmentPath(paths, podId), libc);
}
