/**
 * Notes about sandboxes that have resources outside the store. They are separate
 * from the records, so that these can be released even if the record of a pod is
 * lost.
 */

import { DamagedFileError } from "../../errors/store_errors.ts";
import {
  type ContainerId,
  containerIdsIn,
} from "../../formats/storage/store_ids.ts";
import { removeIfThere } from "../../fs/if_there.ts";
import { listIfDirectory } from "../../fs/list_directory.ts";
import { makeOwnDirectory } from "../../fs/own_directory.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import { attachmentPath, attachmentsDirectory } from "../../store/paths.ts";
import type { Agent } from "../agent.ts";
import {
  formatSandboxState,
  readSandboxState,
  readStoredState,
  type SandboxState,
} from "./sandbox_state.ts";

/** Writes the note before a sandbox gets resources. */
export function noteAttachment(
  { store: { paths } }: Agent,
  id: ContainerId,
  state: SandboxState,
): void {
  makeOwnDirectory(attachmentsDirectory(paths));
  // Not synced: it is only needed if the record is lost.
  writeAtomically(attachmentPath(paths, id), formatSandboxState(state), {
    directory: "later",
  });
}

/** Deletes the note after all is released. */
export function forgetAttachment(
  { store: { paths } }: Agent,
  id: ContainerId,
): void {
  removeIfThere(attachmentPath(paths, id));
}

/** Lists the sandboxes with a note. */
export function listAttachments(
  { store: { paths } }: Agent,
): readonly ContainerId[] {
  return containerIdsIn(
    listIfDirectory(attachmentsDirectory(paths))
      .filter((name) => /^[^.].*\.json$/.test(name))
      .map((name) => name.replace(/\.json$/, "")),
  );
}

/**
 * Reads a sandbox's state; if that is damaged or lost, the note: enough to show
 * that the sandbox exists, and to remove it.
 *
 * @throws {DamagedFileError} If neither parses.
 */
export function findState(
  agent: Agent,
  id: ContainerId,
): SandboxState | undefined {
  try {
    return readSandboxState(agent, id) ?? readAttachment(agent, id);
  } catch (error) {
    if (!(error instanceof DamagedFileError)) throw error;
    const noted = readAttachment(agent, id);
    if (noted === undefined) throw error;
    agent.log("warn", error.message);
    return noted;
  }
}

/**
 * Reads the note of a sandbox.
 *
 * @throws {DamagedFileError} If the note does not parse.
 */
export function readAttachment(
  agent: Agent,
  id: ContainerId,
): SandboxState | undefined {
  return readStoredState(agent, id, {
    path: attachmentPath(agent.store.paths, id),
    advice: "remove it, and what the pod had by hand",
  });
}
