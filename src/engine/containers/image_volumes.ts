/**
 * Images that a container sees as directories. Each is mounted as the root of
 * another container that never runs: so the image is in use, the mount has a record
 * also after a kill, and it is removed with the pod.
 */

import type { Abortable } from "../../errors/abort.ts";
import { ContainerNotFoundError } from "../../errors/not_found_errors.ts";
import { whyOf } from "../../errors/why.ts";
import type { RuntimeSpec } from "../../formats/oci/runtime_spec.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../formats/storage/store_ids.ts";
import type { UserMap } from "../../formats/storage/user_map.ts";
import type { Agent } from "../agent.ts";
import type { WantedImage } from "../images/find_image.ts";
import { mountLayer } from "../mounts/mount_layer.ts";
import { MOUNT_LOCKS } from "../mounts/mount_counts.ts";
import { createContainer } from "./create_container.ts";
import { deleteContainer } from "./delete_container.ts";
import { readMetadata } from "../container_owner.ts";

/** A volume: its container and its image. */
export interface ImageVolumeRequest extends WantedImage, Abortable {
  /** The ID of the container that uses it, which need not exist yet. */
  readonly owner: ContainerId;
  /** The index of the volume, from 0. */
  readonly index: number;
  /** The owner's pod. */
  readonly podId: string;
  /** The pod's name. */
  readonly podName: string;
  /** The users who own its files, if not the host's. */
  readonly users?: UserMap | undefined;
}

const NAME = /^([0-9a-f]{64})-volume-\d+$/;
const VOLUME_LOCKS = { ...MOUNT_LOCKS, containers: "read" } as const;
/** It never runs, but a template needs a command. */
const NOTHING: RuntimeSpec = {
  ociVersion: "1.0.2",
  process: { cwd: "/", args: ["/"] },
  root: { path: "rootfs", readonly: true },
};

/**
 * Mounts an image, read-only, as it is.
 *
 * @returns Where.
 * @throws As `createContainer()` does.
 */
export async function mountImageVolume(
  agent: Agent,
  { owner, index, ...request }: ImageVolumeRequest,
): Promise<string> {
  const { id } = await createContainer(agent, {
    ...request,
    containerName: `${owner}-volume-${index}`,
    template: NOTHING,
  });
  using held = await agent.store.lock(VOLUME_LOCKS, request);
  const layerId = held.containers.get(id)?.layer;
  if (layerId === undefined) {
    throw new ContainerNotFoundError(
      `Cannot mount image volume "${id}": it was removed meanwhile`,
    );
  }
  return await mountLayer(agent, held, {
    layerId,
    access: "read-only",
    signal: request.signal,
  });
}

/**
 * Removes a container's image volumes. None is no error.
 *
 * @throws {InUseError} If one is in use.
 */
export async function removeImageVolumes(
  agent: Agent,
  owner: ContainerId,
  options: Abortable = {},
): Promise<void> {
  for (const id of await listImageVolumes(agent, owner, options)) {
    try {
      await deleteContainer(agent, id, options);
    } catch (error) {
      if (!(error instanceof ContainerNotFoundError)) throw error;
    }
  }
}

async function listImageVolumes(
  { store }: Agent,
  owner: ContainerId,
  options: Abortable,
): Promise<readonly ContainerId[]> {
  using held = await store.lock({ containers: "read" }, options);
  return held.containers.records
    .filter(({ names = [] }) =>
      names.some((name) => ownerOfImageVolume(name) === owner)
    )
    .map(({ id }) => id);
}

/** Which of them. */
export interface OrphanVolumesOptions extends Abortable {
  /**
   * Only those of a pod.
   *
   * @default {all}
   */
  readonly podId?: string | undefined;
}

/**
 * Removes image volumes whose container was removed or never created. No containers
 * may be created meanwhile: their volumes come first. Failures are logged.
 */
export async function removeOrphanVolumes(
  agent: Agent,
  options: OrphanVolumesOptions = {},
): Promise<void> {
  for (const owner of await listOrphans(agent, options)) {
    try {
      await removeImageVolumes(agent, owner, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      agent.log(
        "warn",
        `Cannot unmount images of container "${owner}": ${whyOf(error)}`,
      );
    }
  }
}

async function listOrphans(
  { store }: Agent,
  { podId, signal }: OrphanVolumesOptions,
): Promise<readonly ContainerId[]> {
  using held = await store.lock({ containers: "read" }, { signal });
  const owners = held.containers.records
    .filter((record) =>
      podId === undefined || readMetadata(record)?.podId === podId
    )
    .flatMap(({ names = [] }) =>
      names.flatMap((name) => ownerOfImageVolume(name) ?? [])
    );
  return [...new Set(owners)].map(parseContainerId)
    .filter((id) => held.containers.get(id) === undefined);
}

/** The ID of the container that an image volume is for, by the volume's name. */
export function ownerOfImageVolume(name: string): string | undefined {
  return NAME.exec(name)?.[1];
}
