/** Names of images, and the removal of images. */

import type { Abortable } from "../abort.ts";
import { ImageNotFoundError, InUseError } from "../errors.ts";
import { isShortName, nameOf, parseReference } from "../formats/reference.ts";
import type { ImageRecord } from "../formats/store_record.ts";
import { deleteImage, giveNames, withNames } from "../store/image_store.ts";
import type { RecordTable } from "../store/record_table.ts";
import type { Agent } from "./agent.ts";
import { deleteContainer } from "./delete_container.ts";
import { findImage, tryParse } from "./find_image.ts";

/**
 * Gives an image one more name; another image that has it loses it.
 *
 * @returns The full name.
 * @throws {SyntaxError} If the name is malformed.
 * @throws {ImageNotFoundError} If there is no such image.
 */
export async function tagImage(
  { store }: Agent,
  nameOrId: string,
  options: Abortable & { readonly name: string },
): Promise<string> {
  // As podman does: a name without a registry is a local one.
  const full = isShortName(options.name)
    ? `localhost/${options.name}`
    : options.name;
  const name = nameOf(parseReference(full));
  using held = await store.lock({ images: "write" }, options);
  giveNames(held.images, findImage(held.images, nameOrId).id, [name]);
  held.images.save();
  return name;
}

/**
 * Takes names away from an image: those given, or all. The image stays.
 *
 * @throws {ImageNotFoundError} If there is no such image, or a name is not its.
 */
export async function untagImage(
  { store }: Agent,
  nameOrId: string,
  options: Abortable & { readonly names?: readonly string[] } = {},
): Promise<readonly string[]> {
  using held = await store.lock({ images: "write" }, options);
  const image = findImage(held.images, nameOrId);
  const names = options.names === undefined
    ? image.names ?? []
    : options.names.map((name) => ownName(held.images, image, name));
  const kept = image.names?.filter((name) => !names.includes(name));
  held.images.update(withNames(image, kept));
  held.images.save();
  return names;
}

/** How to remove an image. */
export interface RemoveImageOptions extends Abortable {
  /** `"remove"` also removes the containers made from it. */
  readonly containers?: "refuse" | "remove" | undefined;
  /** `"all"` removes an image that was named by ID though it has names. */
  readonly names?: "refuse" | "all" | undefined;
}

/** What a removal took away. */
export interface RemovedImage {
  readonly untagged: readonly string[];
  /** The IDs of the image; none if it has other names and stays. */
  readonly deleted: readonly string[];
  readonly deletedLayers: readonly string[];
}

const LOCKS = {
  layers: "write",
  images: "write",
  containers: "write",
} as const;

/**
 * Removes a name from an image, and with its last name the image and those of
 * its layers that nobody else needs. By ID, the image is removed at once.
 *
 * @throws {ImageNotFoundError} If there is no such image.
 * @throws {InUseError} If containers use it, or an ID has several names.
 */
export async function removeImage(
  agent: Agent,
  nameOrId: string,
  options: RemoveImageOptions = {},
): Promise<RemovedImage> {
  const { store } = agent;
  if (options.containers === "remove") {
    await removeUsers(agent, nameOrId, options);
  }
  await using trash = store.openStaging();
  using held = await store.lock(LOCKS, options);
  const image = findImage(held.images, nameOrId);
  const names = image.names ?? [];
  const name = findOwnName(held.images, image, nameOrId);
  if (name !== undefined && names.length > 1 && options.names !== "all") {
    held.images.update(withNames(image, names.filter((n) => n !== name)));
    held.images.save();
    return { untagged: [name], deleted: [], deletedLayers: [] };
  }
  if (name === undefined && names.length > 1 && options.names !== "all") {
    throw new InUseError(
      `Cannot remove image "${nameOrId}": it has several names ` +
        `(${names.join(", ")}); remove them one by one, or use --force`,
      names,
    );
  }
  const deletedLayers = deleteImage(store, held, { image, trash });
  agent.log("debug", `removed image "${image.id}"`);
  return { untagged: names, deleted: [image.id], deletedLayers };
}

async function removeUsers(
  agent: Agent,
  nameOrId: string,
  { signal }: Abortable,
): Promise<void> {
  const users = await listUsers();
  for (const id of users) await deleteContainer(agent, id, { signal });

  async function listUsers(): Promise<readonly string[]> {
    const locks = { images: "read", containers: "read" } as const;
    using held = await agent.store.lock(locks, { signal });
    const image = findImage(held.images, nameOrId);
    return held.containers.records
      .filter((container) => container.image === image.id)
      .map(({ id }) => id);
  }
}

function ownName(
  images: RecordTable<ImageRecord>,
  image: ImageRecord,
  typed: string,
): string {
  const name = findOwnName(images, image, typed);
  if (name !== undefined) return name;
  throw new ImageNotFoundError(
    `Cannot untag "${typed}": image "${image.id}" does not have this name`,
    { imageName: typed },
  );
}

/** Which of an image's names a text means; undefined if it is an ID. */
function findOwnName(
  images: RecordTable<ImageRecord>,
  image: ImageRecord,
  typed: string,
): string | undefined {
  const reference = tryParse(typed);
  if (reference === undefined || images.get(typed) !== undefined) {
    return undefined;
  }
  const local = tryParse(`localhost/${typed}`);
  const meant = [nameOf(reference), ...local ? [nameOf(local)] : []];
  return meant.find((name) => image.names?.includes(name));
}
