/**
 * Names and IDs in a store, from its records alone, without looking at mounts or
 * processes, which would need programs.
 */

import type { Abortable } from "../errors/abort.ts";
import {
  AmbiguousIdError,
  ContainerNotFoundError,
} from "../errors/not_found_errors.ts";
import { choose, type Findable } from "../store/find_container.ts";
import type { Agent } from "./agent.ts";
import { readMetadata } from "./container_owner.ts";
import { hasImage } from "./images/find_image.ts";
import { loadShortNames } from "./images/short_names.ts";

/** The kinds of objects that records of containers describe. */
export type KnownKind = "container" | "pod";

/** Lists containers or pods. */
export async function listKnown(
  agent: Agent,
  kind: KnownKind,
  options: Abortable = {},
): Promise<readonly Findable[]> {
  using held = await agent.store.lock({ containers: "read" }, options);
  const { records } = held.containers;
  if (kind === "container") {
    return records.map(({ id, names, layer }) => ({ id, names, layer }));
  }
  const pods = new Map<string, Findable>();
  for (const record of records) {
    const metadata = readMetadata(record);
    if (metadata === undefined) continue;
    const { podId: id, podName } = metadata;
    pods.set(id, { id, names: [podName] });
  }
  return [...pods.values()];
}

/**
 * Whether there is a container or a pod with a name, an ID, or a prefix of an ID.
 *
 * @throws {AmbiguousIdError} If it is a prefix of several.
 */
export async function isKnown(
  agent: Agent,
  kind: KnownKind,
  options: Abortable & { readonly name: string },
): Promise<boolean> {
  const all = await listKnown(agent, kind, options);
  try {
    choose(all, options.name, { kind });
    return true;
  } catch (error) {
    if (error instanceof AmbiguousIdError) throw error;
    if (error instanceof ContainerNotFoundError) return false;
    throw error;
  }
}

/** Whether there is an image of a name or ID, in whatever state it is. */
export async function isKnownImage(
  agent: Agent,
  nameOrId: string,
  options: Abortable = {},
): Promise<boolean> {
  const conf = await loadShortNames(agent, [nameOrId], options);
  using held = await agent.store.lock({ images: "read" }, options);
  return hasImage(held.images, nameOrId, conf);
}
