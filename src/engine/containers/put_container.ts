/** Puts a container into the store, wholly or not at all. */

import { join } from "@std/path";
import { whyOf } from "../../errors/why.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import {
  addContainer,
  completeContainer,
  ensureRunDirectory,
  ensureWorkDirectory,
  type NewContainer,
} from "../../store/container_store.ts";
import { dropContainer } from "../../store/delete_container.ts";
import type { Trash } from "../../store/layers/trash.ts";
import type { Tables } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";

/** A container and what lies in its directories. */
export interface PutRequest {
  readonly container: NewContainer;
  /** The text of its `config.json`. */
  readonly template: string;
  /** How messages call it. */
  readonly kind: "container" | "pod sandbox";
  /** Takes the files of what has to be undone. */
  readonly trash: Trash;
}

/** Where a container keeps its files. */
export interface ContainerDirectories {
  readonly dir: string;
  readonly runDir: string;
}

/**
 * Puts a container that `checkIsFree()` found possible. Nothing here waits, so
 * nothing is aborted in the middle; what a kill leaves is marked, and removed
 * by the next command.
 *
 * @param held All three locks, for writing.
 */
export function putContainer(
  agent: Agent,
  held: Tables,
  request: PutRequest,
): ContainerDirectories {
  const { store, log } = agent;
  const { container, template, kind } = request;
  const { id } = container;
  try {
    addContainer(store, held, container);
    const dir = ensureWorkDirectory(store.paths, id);
    log("debug", `${kind} "${id}" has work directory "${dir}"`);
    const runDir = ensureRunDirectory(store.paths, id);
    log("debug", `${kind} "${id}" has run directory "${runDir}"`);
    writeAtomically(join(dir, "config.json"), template);
    completeContainer(held, id);
    log("debug", `created ${kind} "${id}"`);
    return { dir, runDir };
  } catch (error) {
    log("debug", `failed to create ${kind} "${id}": ${whyOf(error)}`);
    undo(agent, held, { ...request, error });
    throw error;
  }
}

/** The first error is the one that counts; a second one is told. */
function undo(
  { store, log }: Agent,
  held: Tables,
  { container: { id }, kind, trash, error }: PutRequest & {
    readonly error: unknown;
  },
): void {
  log("info", `removing ${kind} "${id}", created in part`);
  try {
    dropContainer(store, held, { id, trash });
  } catch (second) {
    const text = `${whyOf(second)} (after: ${whyOf(error)})`;
    log("warn", `Cannot remove ${kind} "${id}", created in part: ${text}`);
  }
}
