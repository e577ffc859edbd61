/** Gives a container's user a name, and keeps its groups its own. */

import { Buffer } from "node:buffer";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import type { Abortable } from "../../errors/abort.ts";
import {
  parseGroupLine,
  parsePasswdLine,
} from "../../formats/config/passwd.ts";
import type { RuntimeProcess } from "../../formats/oci/runtime_spec.ts";
import { randomSuffix } from "../../fs/random_name.ts";
import { readLinesInRoot } from "../../fs/read_in_root.ts";
import { resolveInRoot } from "../../fs/resolve_in_root.ts";

const { O_APPEND, O_NOFOLLOW, O_RDWR } = constants;

/** A container's root, in which nothing runs. */
export interface UserFileOptions extends Abortable {
  readonly root: string;
  /** Whose user it is; the home is the working directory, as in podman. */
  readonly process: RuntimeProcess;
}

/**
 * Adds a line for a user whom `/etc/passwd` does not know, if there is such a
 * file, as podman does: many programs want a name.
 */
export async function nameUser(
  { root, process, signal }: UserFileOptions,
): Promise<void> {
  const { user: { uid = 0, gid = 0 } = {}, cwd } = process;
  const home = /[:\n\0]/.test(cwd) ? "/" : cwd;
  const line = `${uid}:*:${uid}:${gid}:container user:${home}:/bin/sh`;
  for await (const known of readLinesInRoot(root, "etc/passwd", { signal })) {
    if (parsePasswdLine(known)?.uid === uid) return;
  }
  append(root, "etc/passwd", line);
}

/**
 * As {@linkcode nameUser}, for the group. Lines whose name is the number of one
 * of the user's groups, but not their own, are left out: runc before 1.2 would
 * take these for the user's.
 */
export async function nameGroup(
  { root, process, signal }: UserFileOptions,
): Promise<void> {
  const { uid = 0, gid = 0, additionalGids = [] } = process.user ?? {};
  const own = new Set(additionalGids.map(String));
  let isKnown = false;
  let isMisleading = false;
  const misleads = (line: string) => {
    const [name = ""] = line.trim().split(":", 1);
    return own.has(name) && String(parseGroupLine(line)?.gid) !== name;
  };
  for await (const line of readLinesInRoot(root, "etc/group", { signal })) {
    isKnown ||= parseGroupLine(line)?.gid === gid;
    isMisleading ||= misleads(line);
  }
  if (isMisleading) await removeLines(root, "etc/group", misleads);
  if (!isKnown) append(root, "etc/group", `${gid}:x:${gid}:${uid}`);
}

function append(root: string, path: string, line: string): void {
  const { path: file, status } = resolveInRoot(root, path);
  if (!status?.isFile) return;
  // Not appendFileSync(): Deno's gives the file to everybody.
  const fd = openSync(file, O_RDWR | O_APPEND | O_NOFOLLOW);
  try {
    const last = Buffer.alloc(1);
    const isRead = readSync(fd, last, { position: status.size - 1 }) === 1;
    const isWhole = !isRead || last.toString() === "\n";
    writeSync(fd, isWhole ? `${line}\n` : `\n${line}\n`);
  } finally {
    closeSync(fd);
  }
}

async function removeLines(
  root: string,
  path: string,
  isUnwanted: (line: string) => boolean,
): Promise<void> {
  const { path: file } = resolveInRoot(root, path);
  const { mode, uid, gid } = statSync(file);
  const temporary = `${file}.${randomSuffix()}`;
  const fd = openSync(temporary, "wx", 0o600);
  try {
    for await (const line of readLinesInRoot(root, path)) {
      if (!isUnwanted(line)) writeSync(fd, `${line}\n`);
    }
  } finally {
    closeSync(fd);
  }
  chownSync(temporary, uid, gid);
  chmodSync(temporary, mode & 0o7777);
  renameSync(temporary, file);
}
