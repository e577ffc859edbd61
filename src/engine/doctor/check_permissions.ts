/** The Deno permissions of this process. */

import { findProgram } from "../../process/find_program.ts";
import { about, type Check, type Finding } from "./finding.ts";
import type { ExamineOptions } from "./examine_options.ts";

// All programs that orlop runs.
const PROGRAMS = [
  ...["mount", "umount", "findmnt", "tar", "runc", "crun", "fuser"],
  ...["conmon", "flock", "timeout"],
] as const;

/** The checks. */
export function permissionChecks(options: ExamineOptions): readonly Check[] {
  return [
    { name: "locks of other tools", look: () => lookAtLibc(options) },
    { name: "permissions", look: () => lookAtPermissions(options) },
  ];
}

function lookAtLibc({ libc }: ExamineOptions): readonly Finding[] {
  const { ok, warn } = about("locks of other tools");
  return libc === undefined
    ? [warn(
      "libc is not bound",
      "Do not share this store: allow ffi, or use a glibc system",
    )]
    : [ok("respected, by fcntl")];
}

function lookAtPermissions(
  { root, runRoot }: ExamineOptions,
): readonly Finding[] {
  const { ok, warn } = about("permissions");
  const isGranted = (descriptor: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(descriptor).state === "granted";
  const found: Finding[] = [
    isGranted({ name: "run" })
      ? warn("run: all programs", "Start orlop with its launcher")
      : ok(`run: ${PROGRAMS.filter(isFound).join(", ")}`),
    isGranted({ name: "ffi" })
      ? warn("ffi: everything", "Start orlop with its launcher")
      : ok(`ffi: nothing more can be loaded`),
    isGranted({ name: "net" })
      ? warn("net: all hosts", "Start orlop with its launcher")
      : ok("net: none"),
    ok(`read: ${isGranted({ name: "read" }) ? "all files" : root}`),
  ];
  if (isGranted({ name: "write" })) {
    // A compiled executable does not know --root when its permissions are fixed.
    const advice = "The launcher and the self-extracting file grant less";
    return [...found, warn("write: all files", advice)];
  }
  const paths = [root, runRoot].filter((path) =>
    isGranted({ name: "write", path })
  );
  return [...found, ok(`write: ${paths.join(", ")}`)];
}

function isFound(name: string): boolean {
  try {
    findProgram(name);
    return true;
  } catch {
    return false; // not installed, or not to be run
  }
}
