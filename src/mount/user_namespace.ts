/**
 * User namespaces and the namespaces that they own, held by a process until they
 * are used.
 */

import type { Abortable } from "../errors/abort.ts";
import { CommandError } from "../errors/store_errors.ts";
import { toText } from "../formats/bytes.ts";
import { formatIdRange, type UserMap } from "../formats/storage/user_map.ts";
import { findProgram } from "../process/find_program.ts";
import type { LibcMounts } from "../process/libc_mounts.ts";
import { firstLine } from "../process/run_command.ts";
import { startProgram } from "../process/start_program.ts";

/** A process in a user namespace. Disposing ends it. */
export interface HeldNamespace extends AsyncDisposable {
  readonly pid: number;
}

/** Which namespaces are made. */
export interface HoldOptions extends Abortable {
  readonly users: UserMap;
  readonly mounts: LibcMounts;
  /**
   * Flags for unshare(1), including `--user`, whose namespace owns the others.
   *
   * @default {["--user"]}
   */
  readonly flags?: readonly string[] | undefined;
}

// Prints a line when it is ready, and ends at the end of its input, also if orlop
// is killed.
const WAIT = "echo; read -r _";

/**
 * Makes a user namespace.
 *
 * @throws {CommandError} If the kernel makes none, or does not take its IDs.
 */
export async function holdUserNamespace(
  { users, mounts, flags = ["--user"], signal }: HoldOptions,
): Promise<HeldNamespace> {
  signal?.throwIfAborted();
  const args = [...flags, findProgram("sh"), "-c", WAIT];
  await using undo = new AsyncDisposableStack();
  const child = startProgram(findProgram("unshare"), args, { stdin: "piped" });
  undo.defer(() => end(child));
  const abort = () => kill(child);
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await waitUntilThere(child);
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  const { pid } = child;
  const isMapped =
    mounts.writeIdMap(pid, "uid_map", formatIdRange(users.uids)) &&
    mounts.writeIdMap(pid, "gid_map", formatIdRange(users.gids));
  if (!isMapped) {
    throw new CommandError(
      `Cannot make a user namespace: the kernel refuses users ` +
        `"${formatIdRange(users.uids)}" and groups ` +
        `"${formatIdRange(users.gids)}"`,
    );
  }
  const held = undo.move();
  return { pid, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** @throws {CommandError} If it ends instead. */
async function waitUntilThere({ stdout, stderr }: Deno.ChildProcess) {
  const reader = stdout.getReader();
  const { done } = await reader.read();
  reader.releaseLock();
  if (!done) return;
  let said = "";
  for await (const chunk of stderr) said += toText(chunk);
  throw new CommandError(
    `Cannot make a user namespace: ${firstLine(said) || "unshare failed"}`,
  );
}

async function end(child: Deno.ChildProcess): Promise<void> {
  const { stdin, stdout, stderr, status } = child;
  await Promise.allSettled([stdin.close(), stdout.cancel(), stderr.cancel()]);
  await status;
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
