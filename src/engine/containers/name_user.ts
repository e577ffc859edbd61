/** Adds a container's user and group to its files of users. */

import {
  parseGroupLine,
  parsePasswdLine,
} from "../../formats/config/passwd.ts";
import type { RuntimeProcess } from "../../formats/oci/runtime_spec.ts";
import {
  readLinesInRoot,
  type ReadLinesOptions,
} from "../../fs/read_in_root.ts";
import { resolveInRoot } from "../../fs/resolve_in_root.ts";

/** A container's root, in which nothing runs. */
export interface UserFileOptions extends ReadLinesOptions {
  readonly root: string;
  /**
   * The process whose user it is; the home is the working directory, as in podman.
   */
  readonly process: RuntimeProcess;
}

/**
 * Adds a line for a user whom `/etc/passwd` does not know, if there is such a
 * file, as podman does: many programs want a name.
 */
export async function nameUser(
  { root, process, ...options }: UserFileOptions,
): Promise<void> {
  const { user: { uid = 0, gid = 0 } = {}, cwd } = process;
  const home = /[:\n\0]/.test(cwd) ? "/" : cwd;
  const line = `${uid}:*:${uid}:${gid}:container user:${home}:/bin/sh`;
  for await (const known of readLinesInRoot(root, "etc/passwd", options)) {
    if (parsePasswdLine(known)?.uid === uid) return;
  }
  if (!hasFile(root, "etc/passwd")) return;
  const { appendLineInRoot } = await loadChanges();
  appendLineInRoot(root, "etc/passwd", line);
}

/**
 * As {@linkcode nameUser}, for the group. Lines whose name is the number of one of
 * the user's groups, but not their own, are left out: runc before 1.2 would add
 * them to the user's groups.
 */
export async function nameGroup(
  { root, process, ...options }: UserFileOptions,
): Promise<void> {
  const { uid = 0, gid = 0, additionalGids = [] } = process.user ?? {};
  const own = new Set(additionalGids.map(String));
  let isKnown = false;
  let isMisleading = false;
  const misleads = (line: string) => {
    const [name = ""] = line.trim().split(":", 1);
    return own.has(name) && String(parseGroupLine(line)?.gid) !== name;
  };
  for await (const line of readLinesInRoot(root, "etc/group", options)) {
    isKnown ||= parseGroupLine(line)?.gid === gid;
    isMisleading ||= misleads(line);
  }
  if ((isKnown && !isMisleading) || !hasFile(root, "etc/group")) return;
  const changes = await loadChanges();
  if (isMisleading) {
    await changes.removeLinesInRoot(root, "etc/group", misleads);
  }
  if (isKnown) return;
  changes.appendLineInRoot(root, "etc/group", `${gid}:x:${gid}:${uid}`);
}

function hasFile(root: string, path: string): boolean {
  return resolveInRoot(root, path).status?.isFile === true;
}

/** Loaded only if needed, as it loads node:fs. */
function loadChanges() {
  return import("../../fs/change_in_root.ts");
}
