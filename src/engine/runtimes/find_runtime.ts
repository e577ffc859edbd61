/**
 * Finds OCI runtimes (runc, crun) and their state directories: below the run root,
 * which survives orlop but not a reboot.
 */

import { basename, join } from "@std/path";
import { CommandError } from "../../errors/store_errors.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { isThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { checkProgram, findProgram } from "../../process/find_program.ts";
import type { StorePaths } from "../../store/paths.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";

/** A runtime, and where it keeps its state. */
export interface OciRuntime {
  /** Absolute; undefined if it is not installed, or may not be run. */
  readonly program: string | undefined;
  readonly stateRoot: string;
}

// Runtimes that take the same command line.
const RUNTIMES = ["runc", "crun"] as const;
// The default state directory, for containers that users run by hand from orlop's
// bundles.
const DEFAULT_STATE = "/run";

/** @throws {CommandError} If it is not installed. */
export function findRuntime(name: string | undefined): string {
  if (name?.startsWith("/")) return checkProgram(name);
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

/** The names of those that are installed. */
export function listRuntimes(): readonly string[] {
  return RUNTIMES.filter((name) => tryFindProgram(name) !== undefined);
}

/** A runtime with orlop's own state directory. */
export function ownRuntime({ store }: Agent, program: string): OciRuntime & {
  readonly program: string;
} {
  const stateRoot = join(ownStates(store.paths), basename(program));
  return { program, stateRoot };
}

/**
 * Whether it has orlop's own state directory: then all its containers are orlop's.
 */
export function isOwnRuntime(
  { store }: Pick<Agent, "store">,
  { stateRoot }: OciRuntime,
): boolean {
  return stateRoot.startsWith(`${ownStates(store.paths)}/`);
}

/** Flags of a runtime before its command. */
export function stateFlags({ stateRoot }: OciRuntime): readonly string[] {
  return ["--root", stateRoot];
}

/** The existing state directories of runtimes. */
function listStateRoots({ store }: Agent): readonly string[] {
  return [
    ...listOwnStateRoots(store),
    ...RUNTIMES.map((name) => join(DEFAULT_STATE, name))
      .filter((root) => isThere(root, store.libc)),
  ];
}

/** What runtimes know, read once for many containers. */
export interface RuntimeStates {
  /** The existing state directories. */
  readonly roots: readonly string[];
  /** The containers that have a state in one of them. */
  readonly ids: ReadonlySet<string>;
}

/** Reads which containers have a state: most of thousands do not run. */
export function listStates(agent: Agent): RuntimeStates {
  const roots = listStateRoots(agent);
  return { roots, ids: new Set(roots.flatMap(listIfDirectory)) };
}

/**
 * The runtimes that have a state of a container: usually none or one.
 *
 * @param states What they had shortly before, or else now.
 */
export function findRuntimesOf(
  agent: Agent,
  id: ContainerId,
  states?: RuntimeStates,
): readonly OciRuntime[] {
  if (states?.ids.has(id) === false) return [];
  const roots = states?.roots ?? listStateRoots(agent);
  return roots.filter((root) => isThere(join(root, id), agent.store.libc))
    .map(runtimeOf);
}

/** The runtime with this state directory. */
export function runtimeOf(stateRoot: string): OciRuntime {
  return { stateRoot, program: tryFindProgram(basename(stateRoot)) };
}

/** The existing state directories of orlop's own runtimes. */
export function listOwnStateRoots(
  { paths, libc }: Store,
): readonly string[] {
  const own = ownStates(paths);
  if (!isThere(own, libc)) return [];
  return listIfDirectory(own).map((name) => join(own, name));
}

function ownStates({ runRoot }: StorePaths): string {
  return join(runRoot, "orlop", "runtimes");
}

function tryFindProgram(name: string): string | undefined {
  try {
    return findProgram(name);
  } catch {
    return undefined;
  }
}
