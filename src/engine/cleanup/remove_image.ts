/** Removes images. */

import type { Abortable } from "../../errors/abort.ts";
import { InUseError, PolicyError } from "../../errors/store_errors.ts";
import type {
  ContainerId,
  ImageId,
  LayerId,
} from "../../formats/storage/store_ids.ts";
import type {
  ContainerRecord,
  ImageRecord,
} from "../../formats/storage/store_record.ts";
import { deleteImage } from "../../store/delete_image.ts";
import { findImageUsers, withNames } from "../../store/image_records.ts";
import { openTrash, type Trash } from "../../store/layers/trash.ts";
import { WRITE_LOCKS, type WriteLocks } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { deleteContainer } from "../containers/delete_container.ts";
import { findImage } from "../images/find_image.ts";
import { ownerCommand, ownerName, ownerOf } from "../container_owner.ts";
import { mountPoint } from "../mounts/mount_points.ts";
import { findOwnName } from "../images/name_image.ts";
import { isPinned } from "../images/pin_image.ts";
import { loadShortNames } from "../images/short_names.ts";

/** How to remove an image. */
export interface RemoveImageOptions extends Abortable {
  /**
   * `"remove"` also removes those of orlop's containers that were made from it;
   * their processes are ended.
   *
   * @default {"refuse"}
   */
  readonly containers?: "refuse" | "remove" | undefined;
  /**
   * `"all"` removes an image that was given by ID although it has several names.
   *
   * @default {"refuse"}
   */
  readonly names?: "refuse" | "all" | undefined;
  /**
   * `"remove"` also removes an image that is pinned.
   *
   * @default {"refuse"}
   */
  readonly pinned?: "refuse" | "remove" | undefined;
}

/** What was removed. */
export interface RemovedImage {
  /** The removed names. */
  readonly untagged: readonly string[];
  /** The IDs of the image; none if it has other names and stays. */
  readonly deleted: readonly ImageId[];
  /** The IDs of the layers that nobody else needed. */
  readonly deletedLayers: readonly LayerId[];
}

/**
 * Removes a name from an image, and with its last name the image and those of
 * its layers that nobody else needs. By ID, the image is removed at once.
 *
 * @throws {ImageNotFoundError} If there is no such image.
 * @throws {InUseError} If containers use it (of other tools, whatever the
 *   options say), it is mounted, or an ID has several names.
 * @throws {PolicyError} If it is pinned and would be gone.
 */
export async function removeImage(
  agent: Agent,
  nameOrId: string,
  options: RemoveImageOptions = {},
): Promise<RemovedImage> {
  await using trash = openTrash(agent.store);
  return await removeImageInto(trash, agent, { ...options, nameOrId });
}

/**
 * Does what `removeImage()` does, but for the files of layers: that they are no
 * layers any more is on the disk, and who is killed leaves them to the next command.
 *
 * @param trash Takes them; to be disposed of.
 * @throws As `removeImage()` does.
 */
export async function removeImageInto(
  trash: Trash,
  agent: Agent,
  { nameOrId, ...options }: RemoveImageOptions & { readonly nameOrId: string },
): Promise<RemovedImage> {
  const { store } = agent;
  if (options.containers === "remove") {
    await removeUsers(agent, nameOrId, options);
  }
  const conf = await loadShortNames(agent, [nameOrId], options);
  using held = await store.lock(WRITE_LOCKS, options);
  const image = findImage(held.images, nameOrId, conf);
  const names = image.names ?? [];
  const name = findOwnName(image, nameOrId, conf);
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
  if (options.pinned !== "remove") checkPin(agent, image, nameOrId);
  await checkMount(agent, held, { ...options, image });
  const deletedLayers = deleteImage(store, held, { image, trash });
  agent.log("debug", `removed image "${image.id}"`);
  return { untagged: names, deleted: [image.id], deletedLayers };
}

async function removeUsers(
  agent: Agent,
  nameOrId: string,
  { signal, pinned }: RemoveImageOptions,
): Promise<void> {
  for (const id of await listUsers()) {
    await deleteContainer(agent, id, { running: "end", signal });
  }

  async function listUsers(): Promise<readonly ContainerId[]> {
    const conf = await loadShortNames(agent, [nameOrId], { signal });
    const locks = { images: "read", containers: "read" } as const;
    using held = await agent.store.lock(locks, { signal });
    const image = findImage(held.images, nameOrId, conf);
    // None of them is removed if the image is kept.
    if (pinned !== "remove") checkPin(agent, image, nameOrId);
    const users = held.containers.records
      .filter((container) => container.image === image.id);
    checkOwners(agent, users, nameOrId);
    return users.map(({ id }) => id);
  }
}

/** @throws {InUseError} Naming the containers of other tools, and the tools. */
function checkOwners(
  { store }: Agent,
  users: readonly ContainerRecord[],
  typed: string,
): void {
  const foreign = users
    .map((record) => ({
      name: record.names?.[0] ?? record.id,
      owner: ownerOf(store, record),
    }))
    .filter(({ owner }) => owner !== "orlop");
  if (foreign.length === 0) return;
  const list = foreign.map(({ name, owner }) =>
    `"${name}" of ${ownerName(owner)}`
  );
  const commands = foreign.flatMap(({ name, owner }) =>
    ownerCommand(owner, "remove", name) ?? []
  );
  throw new InUseError(
    `Cannot remove image "${typed}": containers of other tools use it: ` +
      `${list.join(", ")}; remove them with these tools` +
      (commands.length > 0 ? ` (${commands.join("; ")})` : ""),
    foreign.map(({ name }) => name),
  );
}

/**
 * Other tools mount images to inspect them, and only they know whether a mount is
 * still needed. orlop leaves no image mounted itself.
 *
 * @throws {InUseError} If it is mounted.
 */
async function checkMount(
  agent: Agent,
  held: WriteLocks,
  { image, signal }: Abortable & { readonly image: ImageRecord },
): Promise<void> {
  const { id, layer } = image;
  if (layer === undefined || findImageUsers(held, id).length > 0) return;
  const target = mountPoint(agent, layer);
  if (!await agent.mounter.isMounted(target, { signal })) return;
  const name = image.names?.[0] ?? id;
  throw new InUseError(
    `Cannot remove image "${name}": it is mounted at "${target}"; unmount it ` +
      `first: "podman image unmount ${name}", or umount if no tool knows it`,
    [target],
  );
}

function checkPin(agent: Agent, image: ImageRecord, typed: string): void {
  if (!isPinned(agent, image)) return;
  throw new PolicyError(
    `Cannot remove image "${typed}": it is pinned; unpin it first`,
  );
}
