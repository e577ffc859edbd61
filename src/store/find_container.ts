/** Resolves a text to a container: by ID, name, or prefix of an ID. */

import {
  AmbiguousIdError,
  ContainerNotFoundError,
  InvalidContainerIdError,
} from "../errors/not_found_errors.ts";
import { MIN_ID_PREFIX } from "../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../formats/storage/store_record.ts";
import type { RecordView } from "./records/records.ts";

/** The properties by which containers and pods are found. */
export interface Findable {
  readonly id: string;
  readonly names?: readonly string[] | undefined;
  /** The ID of a container's own layer. */
  readonly layer?: string | undefined;
}

/**
 * Finds a container by full ID, name, ID of its own layer, or unique prefix
 * of its ID.
 *
 * @throws {ContainerNotFoundError} If there is none.
 * @throws {AmbiguousIdError} If the prefix is of many.
 */
export function findContainer(
  containers: RecordView<ContainerRecord>,
  idOrName: string,
): ContainerRecord {
  return containers.lookUp(idOrName) ??
    choose(containers.records, idOrName, { kind: "container" });
}

/**
 * Finds a container for calls that report an unknown ID as an invalid one.
 *
 * @throws {InvalidContainerIdError} If there is none, or several.
 */
export function findValid(
  containers: RecordView<ContainerRecord>,
  idOrName: string,
  { verb }: { readonly verb: "find" | "start" },
): ContainerRecord {
  const kind = "container";
  const known = containers.lookUp(idOrName);
  if (known !== undefined) return known;
  const result = search(containers.records, idOrName, { kind });
  if ("found" in result) return result.found;
  throw new InvalidContainerIdError(
    `Cannot ${verb} container "${idOrName}": invalid container ID: ` +
      result.why,
    { cause: missed(result, idOrName, { kind }) },
  );
}

/**
 * Resolves a text; a name takes precedence over a prefix of an ID.
 *
 * @throws {ContainerNotFoundError} If nothing matches.
 * @throws {AmbiguousIdError} If several match.
 */
export function choose<F extends Findable>(
  all: readonly F[],
  text: string,
  options: Kind,
): F {
  const result = search(all, text, options);
  if ("found" in result) return result.found;
  throw missed(result, text, options);
}

/** What is looked for. */
interface Kind {
  readonly kind: "container" | "pod";
}

/** Why nothing was found, or why the text is ambiguous. */
interface Miss {
  readonly why: string;
  /** The IDs that match. */
  readonly candidates: readonly string[];
}

function search<F extends Findable>(
  all: readonly F[],
  text: string,
  { kind }: Kind,
): { readonly found: F } | Miss {
  const found = text === "" ? undefined : all.find(({ id }) => id === text) ??
    all.findLast(({ names }) => names?.includes(text) === true) ??
    all.find(({ layer }) => layer === text);
  if (found !== undefined) return { found };
  const similar = text === ""
    ? []
    : all.filter(({ id }) => id.startsWith(text));
  const isEnough = text.length >= MIN_ID_PREFIX;
  const [first] = similar;
  if (first !== undefined && isEnough && similar.length === 1) {
    return { found: first };
  }
  if (first === undefined) {
    return { why: `no ${kind} has this name or ID`, candidates: [] };
  }
  if (isEnough) {
    return {
      why: `${similar.length} IDs begin so: ` +
        similar.map(describe).join(", "),
      candidates: similar.map(({ id }) => id),
    };
  }
  const why = `no ${kind} has this name, and of an ID at least ` +
    `${MIN_ID_PREFIX} characters are needed`;
  return { why, candidates: [] };
}

function missed(
  { why, candidates }: Miss,
  text: string,
  { kind }: Kind,
): ContainerNotFoundError {
  const message = `Cannot find ${kind} "${text}": ${why}`;
  return candidates.length > 0
    ? new AmbiguousIdError(message, candidates)
    : new ContainerNotFoundError(message);
}

function describe({ id, names = [] }: Findable): string {
  const [name] = names;
  return name === undefined ? id : `${id} (${name})`;
}
