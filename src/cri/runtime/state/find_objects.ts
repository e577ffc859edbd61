/** Finds an object by its ID, or by a unique prefix of it. */

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
 * Finds a container, also one that CRI did not make.
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
 * Finds a pod, also one that CRI did not make.
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

/** An action of a kubelet, and the command for the same. */
export interface Refusable {
  readonly verb: string;
  /** After `orlop`. */
  readonly command: string;
}

/**
 * Finds a container to change. It must have been made by CRI, as a kubelet ends all
 * containers that it does not know.
 *
 * @throws {ContainerNotFoundError} If there is none.
 * @throws {PolicyError} If it was not made by CRI; names the command for the
 * action.
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
    `Cannot ${verb} container "${name}": it was not created by a kubelet; use ` +
      `"orlop ${command} ${name}"`,
  );
}

/**
 * The same for pods.
 *
 * @throws {InvalidSandboxIdError} If there is none.
 * @throws {PolicyError} If it was not made by CRI; names the command for the
 * action.
 * @throws {Error} If its state is damaged.
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
    `Cannot ${verb} pod "${podName}": it was not created by a kubelet; use ` +
      `"orlop ${command} ${podName}"`,
  );
}

/** Finds an object by ID; undefined if none or several match. */
function findOne<K extends { readonly id: string }>(
  all: readonly K[],
  id: string,
): K | undefined {
  const exact = all.find((known) => known.id === id);
  if (exact !== undefined || id.length < MIN_ID_PREFIX) return exact;
  const similar = all.filter((known) => known.id.startsWith(id));
  return similar.length === 1 ? similar[0] : undefined;
}
