/** Paths of the host that containers see: the kubelet's, or what pods ask for. */

import type { Abortable } from "../../errors/abort.ts";
import { CommandError } from "../../errors/store_errors.ts";
import type { MountEntry } from "../../formats/storage/mount_table.ts";
import { findProgram } from "../../process/find_program.ts";
import type { Host } from "../../process/host.ts";
import { runCommand } from "../../process/run_command.ts";

/**
 * Makes a missing path as a directory, and follows symbolic links. Programs do
 * this, as orlop itself may write only to its own folders.
 *
 * @returns The real path.
 * @throws {CommandError} If it cannot be made, or is a link to nothing.
 */
export async function openHostPath(
  host: Host,
  path: string,
  options: Abortable = {},
): Promise<string> {
  if (host.readStatus(path) === undefined) {
    await run("mkdir", ["--parents", "--mode=0755", "--", path], options);
  }
  try {
    return await Deno.realPath(path);
  } catch {
    // Deno does not resolve paths such as /sys.
    const real = await run("realpath", ["--zero", "--", path], options);
    return real.replace(/\0$/, "");
  }

  async function run(
    name: string,
    args: readonly string[],
    options: Abortable,
  ): Promise<string> {
    const program = findProgram(name);
    const { code, stdout, stderr } = await runCommand(program, args, {
      ...options,
      okCodes: "any",
      group: "shared",
    });
    if (code === 0) return stdout;
    throw new CommandError(
      `Cannot mount "${path}": ${stderr.trim() || `${name} failed`}`,
      { exitCode: code },
    );
  }
}

/** The propagation of the mount of a host path. */
export function propagationOf(
  path: string,
  table: readonly MountEntry[],
): string {
  return mountOf(path, table)?.propagation ?? "private";
}

/** The mount that a path is on. */
export function mountOf(
  path: string,
  table: readonly MountEntry[],
): MountEntry | undefined {
  const isBelow = ({ target }: MountEntry) =>
    target === "/" || path === target || path.startsWith(`${target}/`);
  let found: MountEntry | undefined;
  for (const entry of table.filter(isBelow)) {
    // A later mount on the same target hides an earlier one.
    if (found === undefined || entry.target.length >= found.target.length) {
      found = entry;
    }
  }
  return found;
}
