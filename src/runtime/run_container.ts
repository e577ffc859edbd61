/** Runs a container to its end through an OCI runtime. */

import { rmSync } from "node:fs";
import { join } from "@std/path";
import type { Abortable } from "../abort.ts";
import { CommandError } from "../errors.ts";
import type { ContainerId } from "../formats/store_ids.ts";
import { findProgram } from "../process/find_program.ts";
import { runCommand } from "../process/run_command.ts";
import { runInteractive } from "../process/run_interactive.ts";
import { ensureRunDirectory } from "../store/container_store.ts";
import type { Agent } from "./agent.ts";
import { readRuntimeLog, runtimeExitCode } from "./runtime_exit_code.ts";
import { startContainer, stopContainer } from "./start_container.ts";

/** How to run a container. */
export interface RunContainerOptions extends Abortable {
  /** The runtime's name or absolute path; left out, runc, else crun. */
  readonly runtime?: string | undefined;
  /** Whether the container gets what is typed; not by default. */
  readonly stdin?: "inherit" | "null" | undefined;
}

// Runtimes that take the same command line.
const RUNTIMES = ["runc", "crun"];

/**
 * Mounts a container, runs its process with this process's standard streams,
 * waits for its end and unmounts it.
 *
 * @param id The container's full ID.
 * @returns The exit code of the process; 128 and the signal's number if a
 *   signal ended it; 125, 126 or 127 if the runtime could not start it.
 * @throws {CommandError} If there is no runtime.
 */
export async function runContainer(
  agent: Agent,
  id: ContainerId,
  options: RunContainerOptions = {},
): Promise<number> {
  const runtime = findRuntime(options.runtime);
  await startContainer(agent, id, options);
  try {
    const bundle = ensureRunDirectory(agent.store.paths, id);
    const log = join(bundle, "runtime.log");
    rmSync(log, { force: true }); // that of an earlier run
    options.signal?.throwIfAborted(); // it came too late for the mount
    const logFlags = ["--log", log, "--log-format", "json"];
    const args = [...logFlags, "run", "--bundle", bundle, id];
    const code = await runInteractive(runtime, args, {
      stdin: options.stdin ?? "null",
    });
    return runtimeExitCode(code, readRuntimeLog(log));
  } finally {
    try {
      // Of a process that died by itself nothing is left to delete.
      await runCommand(runtime, ["delete", "--force", id], { okCodes: "any" });
    } finally {
      await stopContainer(agent, id);
    }
  }
}

/** @throws {CommandError} If it is not installed. */
export function findRuntime(name: string | undefined): string {
  if (name?.startsWith("/")) return name;
  if (name !== undefined) return findProgram(name);
  for (const runtime of RUNTIMES) {
    try {
      return findProgram(runtime);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }
  throw new CommandError(
    `Cannot find an OCI runtime: neither ${RUNTIMES.join(" nor ")} is ` +
      `installed; install one, or name one with --runtime`,
  );
}
