/** What a text means among containers: an ID, a name, or a part of an ID. */

import {
  AmbiguousIdError,
  ContainerNotFoundError,
  InvalidContainerIdError,
} from "../errors/not_found_errors.ts";
import { MIN_ID_PREFIX } from "../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../formats/storage/store_record.ts";
import type { RecordView } from "./records/records.ts";

/** What containers and pods are found by. */
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
 * Finds a container for calls to which an unknown ID is an invalid one.
 *
 * @throws {InvalidContainerIdError} If there is none, or several.
 */
export function findValid(
  containers: RecordView<ContainerRecord>,
  idOrName: string,
  { verb }: { readonly verb: "find" | "start" },
): ContainerRecord {
  try {
    return findContainer(containers, idOrName);
  } catch (cause) {
    if (!(cause instanceof ContainerNotFoundError)) throw cause;
    const why = cause.message.slice(cause.message.indexOf('": ') + 3);
    throw new InvalidContainerIdError(
      `Cannot ${verb} container "${idOrName}": invalid container ID: ${why}`,
      { cause },
    );
  }
}

/**
 * Chooses what a text means; a name goes before the beginning of an ID.
 *
 * @throws {ContainerNotFoundError} If nothing is meant.
 * @throws {AmbiguousIdError} If it could be several.
 */
export function choose<F extends Findable>(
  all: readonly F[],
  text: string,
  { kind }: { readonly kind: "container" | "pod" },
): F {
  const found = text === "" ? undefined : all.find(({ id }) => id === text) ??
    all.findLast(({ names }) => names?.includes(text) === true) ??
    all.find(({ layer }) => layer === text);
  if (found !== undefined) return found;
  const similar = text === ""
    ? []
    : all.filter(({ id }) => id.startsWith(text));
  const isEnough = text.length >= MIN_ID_PREFIX;
  const [first] = similar;
  if (first !== undefined && isEnough && similar.length === 1) return first;
  const what = `Cannot find ${kind} "${text}"`;
  if (first === undefined) {
    throw new ContainerNotFoundError(`${what}: no ${kind} has this name or ID`);
  }
  if (isEnough) {
    throw new AmbiguousIdError(
      `${what}: ${similar.length} IDs begin so: ` +
        similar.map(describe).join(", "),
      similar.map(({ id }) => id),
    );
  }
  throw new ContainerNotFoundError(
    `${what}: no ${kind} has this name, and of an ID at least ` +
      `${MIN_ID_PREFIX} characters are needed`,
  );
}

function describe({ id, names = [] }: Findable): string {
  const [name] = names;
  return name === undefined ? id : `${id} (${name})`;
}
