/** The note of CRI about a container: a file in its work dir. */

import { join } from "@std/path";
import { create, fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import type { Agent } from "../../../engine/agent.ts";
import { readStored } from "../../../engine/parse_stored.ts";
import {
  asInteger,
  asObject,
  asOneOf,
  parseJson,
} from "../../../formats/json.ts";
import type { ContainerMetadata } from "../../../formats/storage/container_metadata.ts";
import type { ContainerId } from "../../../formats/storage/store_ids.ts";
import { StagedFiles } from "../../../fs/staged_files.ts";
import { writeAtomically } from "../../../fs/write_atomically.ts";
import { workDirectory } from "../../../store/paths.ts";
import {
  type ContainerConfig,
  ContainerConfigSchema,
  ContainerState,
  type ContainerStatus,
  ContainerStatusSchema,
} from "../../api/api_pb.js";

/** The name of the file. */
export const NOTE_FILE = "cri.json";

/**
 * The phase of a container: one that is `"creating"` or `"removing"` when the
 * daemon starts was interrupted.
 */
export type ContainerPhase = (typeof PHASES)[number];

/** A note; immutable. */
export interface ContainerNote {
  readonly phase: ContainerPhase;
  /** Whether it stands for a damaged file, which must not be replaced. */
  readonly isDamaged?: true;
  /** As asked for. */
  readonly config: ContainerConfig;
  /** The status for responses. */
  readonly status: ContainerStatus;
}

const PHASES = ["creating", "complete", "removing"] as const;
const SCHEMA = 1;
// A request has 16 MiB at most, and the status repeats parts of it.
const MAX_SIZE = 16 * 1024 * 1024;
// The status of a new container grows later, by its exit.
const MAX_NEW_SIZE = MAX_SIZE / 2;
// Longer values are cut in messages.
const MAX_SHOWN = 80;

/** Formats a note; variables may be any bytes. */
export function formatNote(
  { phase, config, status }: ContainerNote,
): string {
  return JSON.stringify({
    schema: SCHEMA,
    phase,
    config: toJson(ContainerConfigSchema, config),
    status: toJson(ContainerStatusSchema, status),
  });
}

/**
 * Formats a note of a container that is to be created.
 *
 * @throws {TypeError} If it is too large to be read again.
 */
export function formatNewNote(note: ContainerNote): string {
  const text = formatNote(note);
  if (text.length <= MAX_NEW_SIZE) return text;
  const { name = "" } = note.config.metadata ?? {};
  throw new TypeError(
    `Cannot create container "${name}": its request has ${text.length} ` +
      `characters, more than ${MAX_NEW_SIZE}`,
  );
}

/**
 * Parses a note.
 *
 * @param what What it is, for errors.
 * @throws {SyntaxError} If it is none, or a newer orlop's.
 */
export function parseNote(text: string, what: string): ContainerNote {
  const object = asObject(parseJson(text, what, { maxSize: MAX_SIZE }), what);
  const schema = asInteger(object["schema"], `${what}, schema`);
  if (schema > SCHEMA) {
    throw new SyntaxError(
      `Cannot read ${what}: schema ${schema} is newer than ${SCHEMA}; use a ` +
        `newer orlop`,
    );
  }
  const message = (key: string) =>
    asObject(object[key], `${what}, ${key}`) as JsonValue;
  return {
    phase: asOneOf(object["phase"], `${what}, phase`, PHASES),
    config: fromJson(ContainerConfigSchema, message("config"), LENIENT),
    status: fromJson(ContainerStatusSchema, message("status"), LENIENT),
  };
}

// A newer orlop may have written fields that this one does not know.
const LENIENT = { ignoreUnknownFields: true };

/** Where it is. */
export function notePath(
  { store }: Pick<Agent, "store">,
  id: ContainerId,
): string {
  return join(workDirectory(store.paths, id), NOTE_FILE);
}

/**
 * Reads what is kept of a container; undefined if it was not made by CRI.
 *
 * @throws {DamagedFileError} If it does not parse.
 */
export function readNote(
  { store }: Agent,
  id: ContainerId,
): ContainerNote | undefined {
  const path = notePath({ store }, id);
  const advice = "remove the container, or restore the file";
  return readStored({ path, advice }, (text, what) => {
    const note = parseNote(text, what);
    if (note.status.id === id) return note;
    const other = note.status.id.slice(0, MAX_SHOWN);
    throw new SyntaxError(`Cannot read ${what}: it is that of "${other}"`);
  }, store);
}

/** Stands for a damaged note, so that its container can be removed. */
export function makeDamagedNote(
  id: ContainerId,
  { metadataName, attempt, imageId }: Pick<
    ContainerMetadata,
    "metadataName" | "attempt" | "imageId"
  >,
  why: string,
): ContainerNote {
  return {
    phase: "complete",
    isDamaged: true,
    config: create(ContainerConfigSchema),
    status: create(ContainerStatusSchema, {
      id,
      metadata: { name: metadataName, attempt },
      state: ContainerState.CONTAINER_UNKNOWN,
      imageId,
      imageRef: imageId,
      reason: "Damaged",
      message: why,
    }),
  };
}

/** How to write a note. */
export interface NoteOptions {
  /**
   * `"later"` if the next start of the daemon can restore the change after a power
   * cut.
   *
   * @default {"sync"}
   */
  readonly directory?: "later" | "sync" | undefined;
}

/** Writes the note of an existing container. */
export function writeNote(
  { store }: Agent,
  id: ContainerId,
  { note, directory = "sync" }: NoteOptions & { readonly note: ContainerNote },
): void {
  const path = notePath({ store }, id);
  writeAtomically(path, formatNote(note), { directory });
}

/** Stages a note, to be committed. */
export function stageNote(
  { store }: Agent,
  id: ContainerId,
  note: ContainerNote,
): StagedFiles {
  const files = new StagedFiles();
  files.write(notePath({ store }, id), formatNote(note), MODE);
  return files;
}

// It may hold secrets, in variables.
const MODE = 0o600;
