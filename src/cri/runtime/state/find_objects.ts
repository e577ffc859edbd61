/** Finds what a request names by its ID, or by an unambiguous beginning of it. */

import type { Abortable } from "../../../errors/abort.ts";
import {
  ContainerNotFoundError,
  InvalidSandboxIdError,
} from "../../../errors/not_found_errors.ts";
import { PolicyError } from "../../../errors/store_errors.ts";
import { MIN_ID_PREFIX } from "../../../formats/storage/store_ids.ts";
import type {
  KnownContainer,
  KnownObjects,
  KnownPod,
  OwnContainer,
  OwnPod,
} from "./known_objects.ts";

// An ID has 64 characters; hostile ones may have a million.
const MAX_SHOWN = 80;

/**
 * Finds a container, whoever made it.
 *
 * @throws {ContainerNotFoundError} If there is none.
 */
export async function findContainer(
  objects: KnownObjects,
  id: string,
  options: Abortable = {},
): Promise<KnownContainer> {
  const recalled = objects.recallContainer(id);
  if (recalled !== undefined) return recalled;
  const { containers } = await objects.read(options);
  const found = findOne(containers, id);
  if (found !== undefined) return found;
  throw new ContainerNotFoundError(
    `Cannot find container "${id.slice(0, MAX_SHOWN)}": no container has ` +
      "this ID",
  );
}

/**
 * Finds a pod, whoever made it.
 *
 * @throws {InvalidSandboxIdError} If there is none.
 */
export async function findPod(
  objects: KnownObjects,
  id: string,
  options: Abortable = {},
): Promise<KnownPod> {
  const recalled = objects.recallPod(id);
  if (recalled !== undefined) return recalled;
  const { pods } = await objects.read(options);
  const found = findOne(pods, id);
  if (found !== undefined) return found;
  throw new InvalidSandboxIdError(
    `Cannot find pod "${id.slice(0, MAX_SHOWN)}": no pod has this ID`,
  );
}

/** What a kubelet wants to do, and what does it for people. */
export interface Refusable {
  readonly verb: string;
  /** After `orlop`. */
  readonly command: string;
}

/**
 * Finds a container to change: not one that people made, as a kubelet ends all that
 * it does not know.
 *
 * @throws {ContainerNotFoundError} If there is none.
 * @throws {PolicyError} If people made it, naming the command that does it.
 */
export async function findOwnContainer(
  objects: KnownObjects,
  id: string,
  { verb, command, signal }: Refusable & Abortable,
): Promise<OwnContainer> {
  const known = await findContainer(objects, id, { signal });
  const { note } = known;
  if (note !== undefined) return { ...known, note };
  const name = known.record.names?.[0] ?? known.id;
  throw new PolicyError(
    `Cannot ${verb} container "${name}": people made it; use ` +
      `"orlop ${command} ${name}"`,
  );
}

/**
 * The same for pods.
 *
 * @throws {InvalidSandboxIdError} If there is none.
 * @throws {PolicyError} If people made it, naming the command that does it.
 * @throws {Error} If what is kept of it is damaged.
 */
export async function findOwnPod(
  objects: KnownObjects,
  id: string,
  { verb, command, signal }: Refusable & Abortable,
): Promise<OwnPod> {
  const known = await findPod(objects, id, { signal });
  const { sandbox, damage, metadata: { podName } } = known;
  if (sandbox !== undefined) return { ...known, sandbox };
  if (damage !== undefined) {
    throw new Error(`Cannot ${verb} pod "${podName}": ${damage}`);
  }
  throw new PolicyError(
    `Cannot ${verb} pod "${podName}": people made it; use ` +
      `"orlop ${command} ${podName}"`,
  );
}

/** Finds something by ID; undefined if none, or several, can be meant. */
function findOne<K extends { readonly id: string }>(
  all: readonly K[],
  id: string,
): K | undefined {
  const exact = all.find((known) => known.id === id);
  if (exact !== undefined || id.length < MIN_ID_PREFIX) return exact;
  const similar = all.filter((known) => known.id.startsWith(id));
  return similar.length === 1 ? similar[0] : undefined;
}
