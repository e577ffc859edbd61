/** Finds a file below a directory whose links must not lead out of it. */

import { lstatSync, readlinkSync } from "node:fs";
import { isErrno } from "./errno.ts";

// The kernel's MAXSYMLINKS.
const MAX_LINKS = 40;

/**
 * Follows all of a path but its last part, as a container would whose root the
 * directory is. Nobody may change the tree meanwhile.
 *
 * @param path Such as `usr/lib/libc.so`.
 * @returns Absolute; undefined if there is no such directory.
 */
export function resolveParts(root: string, path: string): string | undefined {
  const pending = path.split("/").filter(isPart).toReversed();
  const last = pending.shift();
  if (last === undefined || last === "..") return undefined;
  const resolved: string[] = [];
  for (let links = 0; pending.length > 0;) {
    const name = pending.pop();
    if (name === undefined || name === "..") {
      resolved.pop();
      continue;
    }
    const next = [root, ...resolved, name].join("/");
    switch (kindOf(next)) {
      case "directory":
        resolved.push(name);
        continue;
      case "link": {
        if (++links > MAX_LINKS) return undefined;
        const target = readlinkSync(next);
        if (target.startsWith("/")) resolved.length = 0;
        pending.push(...target.split("/").filter(isPart).toReversed());
        continue;
      }
      case "other":
        return undefined;
    }
  }
  return [root, ...resolved, last].join("/");
}

function isPart(name: string): boolean {
  return name !== "" && name !== ".";
}

function kindOf(path: string): "directory" | "link" | "other" {
  try {
    const info = lstatSync(path);
    if (info.isDirectory()) return "directory";
    return info.isSymbolicLink() ? "link" : "other";
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR", "ENAMETOOLONG")) return "other";
    throw error;
  }
}
