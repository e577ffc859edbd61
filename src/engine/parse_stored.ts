/** Parses files of a store: if that fails, the file is damaged. */

import { join } from "@std/path";
import { InvalidManifestError } from "../errors/image_errors.ts";
import { DamagedFileError } from "../errors/store_errors.ts";
import { whyOf } from "../errors/why.ts";
import {
  parseRuntimeSpec,
  type RuntimeSpec,
} from "../formats/oci/runtime_spec.ts";
import {
  type ContainerMetadata,
  parseContainerMetadata,
} from "../formats/storage/container_metadata.ts";
import type { ContainerId } from "../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../formats/storage/store_record.ts";
import { isErrno } from "../fs/errno.ts";
import { isNameThere, readText } from "../fs/if_there.ts";
import type { Libc } from "../process/libc.ts";
import { runDirectory, workDirectory } from "../store/paths.ts";
import type { RecordView } from "../store/records/records.ts";
import type { Agent } from "./agent.ts";

/** A file of a store, with advice if it is damaged. */
export interface StoredFile {
  readonly path: string;
  /** The end of a message, after a semicolon. */
  readonly advice: string;
}

// Errors of a single file: another file type in its place, or a broken disk.
const DAMAGE = ["EISDIR", "ELOOP", "EIO"];

/**
 * Parses what was read from a file.
 *
 * @param parse Receives the quoted path for messages.
 * @throws {InvalidManifestError} If `parse` throws one; it gets the advice, too.
 * @throws {DamagedFileError} If it does not parse, or `parse` finds no file.
 */
export function parseStored<T>(
  { path, advice }: StoredFile,
  parse: (what: string) => T,
): T {
  try {
    return parse(`"${path}"`);
  } catch (cause) {
    // Callers recognize a malformed config by this class.
    if (cause instanceof InvalidManifestError) {
      throw new InvalidManifestError(`${cause.message}; ${advice}`, { cause });
    }
    const isDamage = cause instanceof SyntaxError ||
      isErrno(cause, ...DAMAGE);
    if (!isDamage) throw cause;
    const why = whyOf(cause);
    const said = why.includes(path) ? why : `Cannot read "${path}": ${why}`;
    throw new DamagedFileError(`${said}; ${advice}`, { path, cause });
  }
}

/**
 * Reads a file and parses it; undefined if there is none.
 *
 * @param options With libc, a missing file costs no exception.
 * @throws {DamagedFileError} If it does not parse.
 */
export function readStored<T>(
  file: StoredFile,
  parse: (text: string, what: string) => T,
  { libc }: { readonly libc?: Libc | undefined } = {},
): T | undefined {
  if (!isNameThere(file.path, libc)) return undefined;
  try {
    return parseStored(
      file,
      (what) => parse(readText(file.path), what),
    );
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined; // by now
    throw error;
  }
}

/** @throws {DamagedFileError} If it does not parse. */
function readStoredSpec(file: StoredFile): RuntimeSpec | undefined {
  try {
    return parseStored(
      file,
      (what) => parseRuntimeSpec(readText(file.path), what),
    );
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Reads a container's template; undefined if its owner wrote none. */
export function readTemplate(
  { store }: Agent,
  id: ContainerId,
): RuntimeSpec | undefined {
  const file = {
    path: join(workDirectory(store.paths, id), "config.json"),
    advice:
      "repair it, or remove it: the next start creates it again from the image",
  };
  return parseStored(file, (what) => {
    const text = store.containers.readText(id, "config.json");
    return text === undefined ? undefined : parseRuntimeSpec(text, what);
  });
}

/** The same, but undefined also if it is damaged. */
export function tryReadTemplate(
  agent: Agent,
  id: ContainerId,
): RuntimeSpec | undefined {
  try {
    return readTemplate(agent, id);
  } catch (error) {
    if (error instanceof DamagedFileError) return undefined;
    throw error;
  }
}

/** Reads the bundle config; undefined if the container was never started. */
export function readBundle(
  { store }: Agent,
  id: ContainerId,
): RuntimeSpec | undefined {
  return readStoredSpec({
    path: join(runDirectory(store.paths, id), "config.json"),
    advice: "the next start writes it again",
  });
}

/**
 * Parses a container's metadata.
 *
 * @throws {DamagedFileError} If it does not parse.
 */
export function parseStoredMetadata(
  containers: RecordView<ContainerRecord>,
  { id, metadata = "" }: ContainerRecord,
): ContainerMetadata {
  const path = containers.pathOf(id);
  const advice = "restore that file from a backup, or remove the container " +
    "with the tool that made it";
  return parseStored(
    { path, advice },
    (what) => parseContainerMetadata(metadata, `container "${id}" in ${what}`),
  );
}
