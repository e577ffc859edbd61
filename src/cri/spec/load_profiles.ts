/** Profiles that a container's request names. */

import type { Agent } from "../../engine/agent.ts";
import { isRegularFile } from "../../engine/templates/host_resources.ts";
import { parseSeccompProfile } from "../../formats/oci/seccomp_profile.ts";
import { readBytes } from "../../fs/if_there.ts";
import { whyOf } from "../../errors/why.ts";
import type { SecurityOptions } from "../../image/security.ts";
import type { ProfileChoice } from "./container_security.ts";

// The usual one has 15 KB.
const MAX_BYTES = 4 * 1024 * 1024;
// Exists only while AppArmor is enabled.
const APPARMOR = "/sys/kernel/security/apparmor/profiles";

/**
 * Loads a filter of system calls.
 *
 * @returns Undefined for the machine's default.
 * @throws {TypeError} If the kubelet's file cannot be read.
 * @throws {SyntaxError} If it is malformed.
 */
export function loadSeccomp(
  { host }: Pick<Agent, "host">,
  choice: ProfileChoice,
): SecurityOptions["seccomp"] {
  switch (choice.kind) {
    case "default":
      return undefined;
    case "unconfined":
      return "unconfined";
    case "localhost":
      return parseSeccompProfile(
        readProfile(host, choice.name),
        `seccomp profile "${choice.name}"`,
      );
  }
}

function readProfile(host: Agent["host"], path: string): Uint8Array {
  const wrong = (why: string) =>
    new TypeError(`Cannot use seccomp profile "${path}": ${why}`);
  if (!path.startsWith("/")) throw wrong("it is not an absolute path");
  if (!isRegularFile(host, path)) throw wrong("there is no such file");
  try {
    return readBytes(path, MAX_BYTES);
  } catch (error) {
    throw wrong(whyOf(error).replace(`Cannot read "${path}": `, ""));
  }
}

/**
 * @throws {TypeError} If a profile is required, and the machine has no AppArmor.
 */
export function checkApparmor(
  { host }: Pick<Agent, "host">,
  choice: ProfileChoice,
): void {
  if (choice.kind !== "localhost" || host.readStatus(APPARMOR)) return;
  throw new TypeError(
    `Cannot use AppArmor profile "${choice.name}": this machine has no AppArmor`,
  );
}
