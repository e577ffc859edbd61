/** The machine's default seccomp profile: a file, as podman reads it. */

import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
} from "node:fs";
import {
  parseSeccompProfile,
  type SeccompProfile,
} from "../formats/seccomp_profile.ts";
import { isErrno } from "../fs/errno.ts";
import type { Agent } from "./agent.ts";

/** The administrator's comes before the distribution's. */
const PROFILE_FILES = [
  "/etc/containers/seccomp.json",
  "/usr/share/containers/seccomp.json",
];
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Loads the first profile that is there. One that others than root could have
 * written is passed over, with a warning.
 *
 * @returns Undefined if there is none.
 * @throws {SyntaxError} If it is malformed.
 */
export function loadDefaultSeccomp(
  { log }: Pick<Agent, "log">,
  paths: readonly string[] = PROFILE_FILES,
): SeccompProfile | undefined {
  for (const path of paths) {
    const found = readTrusted(path);
    if (found === undefined) continue;
    if (typeof found !== "string") {
      return parseSeccompProfile(found, `seccomp profile "${path}"`);
    }
    log("warn", `Passed over seccomp profile "${path}": ${found}`);
  }
  return undefined;
}

/** Its bytes, or why they are not to be trusted. */
function readTrusted(path: string): Uint8Array | string | undefined {
  let file: number;
  try {
    // A fifo would keep orlop waiting.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const status = fstatSync(file);
    if (!status.isFile()) return "it is no regular file";
    if (status.uid !== 0) return `it belongs to user ${status.uid}`;
    if (status.mode & WRITABLE_BY_OTHERS) {
      return "others than root may write it";
    }
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
