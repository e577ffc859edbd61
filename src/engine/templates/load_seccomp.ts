/** The machine's default seccomp profile: a file, as podman reads it. */

import {
  parseSeccompProfile,
  type SeccompProfile,
} from "../../formats/oci/seccomp_profile.ts";
import { isErrno } from "../../fs/errno.ts";
import { readBytes } from "../../fs/if_there.ts";
import { findOtherWriter } from "../../process/who_can_change.ts";
import type { Agent } from "../agent.ts";

/** The administrator's comes before the distribution's. */
const PROFILE_FILES = [
  "/etc/containers/seccomp.json",
  "/usr/share/containers/seccomp.json",
];

/**
 * Loads the first profile that is there. One that users other than root could have
 * written is skipped, with a warning.
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
    if (typeof found !== "string") return parse(found, path);
    log("warn", `Passed over seccomp profile "${path}": ${found}`);
  }
  return undefined;
}

// The last profile is cached for servers.
let known: { bytes: Uint8Array; profile: SeccompProfile } | undefined;

function parse(bytes: Uint8Array, path: string): SeccompProfile {
  if (known !== undefined && isSame(known.bytes, bytes)) return known.profile;
  const profile = parseSeccompProfile(bytes, `seccomp profile "${path}"`);
  known = { bytes, profile };
  return profile;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength &&
    one.every((byte, index) => byte === other[index]);
}

/** Its bytes, or why they are not trusted. */
function readTrusted(path: string): Uint8Array | string | undefined {
  try {
    if (!Deno.statSync(path).isFile) return "it is no regular file";
    return findOtherWriter(path) ?? readBytes(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
