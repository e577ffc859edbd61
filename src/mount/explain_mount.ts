/** Explains why a mount failed, and what to do: the messages of mount(8) do not. */

import { CommandError, InUseError } from "../errors/store_errors.ts";
import type { CommandResult } from "../process/run_command.ts";
import type { MountPlan } from "./plan_overlay.ts";

/** How mount(8) or umount(8) ended. */
export type Failure = Pick<CommandResult, "code" | "stderr">;

const NEEDS_ROOT = "it needs root (CAP_SYS_ADMIN): run orlop as root";

/** The error for a failed mount(8). */
export function mountError(
  { target, type }: Pick<MountPlan, "target" | "type">,
  { code, stderr }: Failure,
): Error {
  const message = `Cannot mount "${target}": `;
  if (/must be superuser|permission denied/.test(stderr)) {
    return new Deno.errors.PermissionDenied(message + NEEDS_ROOT);
  }
  return new CommandError(message + whyNot(type, stderr), { exitCode: code });
}

/** The error for a failed umount(8); none if nothing was mounted. */
export function unmountError(
  target: string,
  { code, stderr }: Failure,
): Error | undefined {
  if (/not mounted|no mount point specified|not found/.test(stderr)) {
    return undefined;
  }
  const message = `Cannot unmount "${target}": `;
  if (/must be superuser|permission denied/.test(stderr)) {
    return new Deno.errors.PermissionDenied(message + NEEDS_ROOT);
  }
  if (stderr.includes("busy")) {
    return new InUseError(
      `${message}processes use it; "fuser -vm ${target}" lists them`,
      [],
    );
  }
  return new CommandError(message + ownWords(stderr), { exitCode: code });
}

function whyNot(type: string, stderr: string): string {
  if (stderr.includes("unknown filesystem type")) {
    return `the kernel has no ${type}: try "modprobe ${type}"`;
  }
  if (stderr.includes("special device")) {
    return "a directory of one of its layers is missing: remove the image and " +
      "pull it again";
  }
  if (stderr.includes("mount point does not exist")) {
    return "there is no such directory";
  }
  if (stderr.includes("Stale file handle")) {
    return "its writable layer was last mounted on other layers";
  }
  if (stderr.includes("wrong fs type, bad option")) {
    return `the kernel refuses its options or the file system below; ` +
      '"dmesg" says which';
  }
  return ownWords(stderr);
}

/** The first line, without the program's name. */
function ownWords(stderr: string): string {
  const [line = ""] = stderr.trim().split("\n");
  return line.replace(/^u?mount: /, "").replace(/\.$/, "") || "it failed";
}
