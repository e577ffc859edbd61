/** Adds containers to the store, each completely or not at all. */

import { whyOf } from "../../errors/why.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { StagedFiles } from "../../fs/staged_files.ts";
import type { ContainerDirectories } from "../../store/container_store.ts";
import { deleteContainers } from "../../store/delete_container.ts";
import type { Trash } from "../../store/layers/trash.ts";
import {
  completeContainers,
  makeContainers,
} from "../../store/put_container.ts";
import type { Tables } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";

/** A container and the files of its directories. */
export interface PutRequest {
  readonly agent: Agent;
  /** From `addContainer()`. */
  readonly record: ContainerRecord;
  /** The text of its `config.json`. */
  readonly template: string;
  /** Further texts for its work dir, by name. */
  readonly files?: Readonly<Record<string, string>> | undefined;
  /** Its kind in messages. */
  readonly kind: "container" | "pod sandbox";
}

/**
 * Adds containers that `checkIsFree()` has checked. This is not aborted in the
 * middle; what a kill leaves is marked, and removed by the next command. If one
 * fails, all are undone.
 *
 * @param held All three locks, for writing.
 * @param trash Takes the files of what has to be undone.
 * @returns In the order of the requests.
 */
export async function putContainers(
  { store }: Pick<Agent, "store">,
  held: Tables,
  { requests, trash }: {
    readonly requests: readonly PutRequest[];
    readonly trash: Trash;
  },
): Promise<readonly ContainerDirectories[]> {
  const records = requests.map(({ record }) => record);
  try {
    using files = new StagedFiles();
    makeContainers(store, held, { records, files });
    const directories = requests.map((request) => fill(request, files));
    await files.commit();
    completeContainers(held, records.map(({ id }) => id));
    tellAll("debug", "created");
    return directories;
  } catch (error) {
    tellAll("debug", "failed to create", `: ${whyOf(error)}`);
    tellAll("info", "removing", ", created in part");
    await undo(error);
    throw error;
  }

  function tellAll(level: "debug" | "info", verb: string, rest = ""): void {
    for (const { agent, kind, record } of requests) {
      agent.log(level, `${verb} ${kind} "${record.id}"${rest}`);
    }
  }

  /** The first error is thrown; a second one is logged. */
  async function undo(error: unknown): Promise<void> {
    try {
      await deleteContainers(store, held, {
        ids: records.map(({ id }) => id),
        trash,
      });
    } catch (second) {
      const text = `${whyOf(second)} (after: ${whyOf(error)})`;
      for (const { agent, kind, record: { id } } of requests) {
        agent.log(
          "warn",
          `Cannot remove ${kind} "${id}", created in part: ${text}`,
        );
      }
    }
  }
}

function fill(
  { agent, record: { id }, template, kind, files: own = {} }: PutRequest,
  files: StagedFiles,
): ContainerDirectories {
  const { store, log } = agent;
  const directories = store.containers.makeDirectories(id);
  const { dir, runDir } = directories;
  log("debug", `${kind} "${id}" has work directory "${dir}"`);
  log("debug", `${kind} "${id}" has run directory "${runDir}"`);
  const texts = { ...own, "config.json": template };
  store.containers.writeTexts(id, texts, files);
  return directories;
}
