/** Resolves the mounts of a container, and makes missing directories. */

import type { Abortable } from "../../errors/abort.ts";
import { mountImageVolume } from "../../engine/containers/image_volumes.ts";
import type { Agent } from "../../engine/agent.ts";
import type { ContainerId } from "../../formats/storage/store_ids.ts";
import { resolveInRoot } from "../../fs/resolve_in_root.ts";
import type { Volume } from "../../image/volumes.ts";
import { MountPropagation } from "../api/api_pb.js";
import { checkPropagation, type WantedMount } from "./container_mounts.ts";
import { openHostPath, propagationOf } from "./host_paths.ts";
import type { PodFacts } from "./pod_facts.ts";

/** How to resolve mounts. */
export interface ResolveMountsOptions extends Abortable {
  readonly id: ContainerId;
  readonly pod: PodFacts;
}

/**
 * Makes missing directories of the host, follows symbolic links, and mounts images.
 * After a later failure, `removeImageVolumes()` removes these.
 *
 * @throws {TypeError} If the host does not allow their propagation.
 * @throws {CommandError} If a path cannot be made.
 * @throws {ImageNotFoundError} If an image is not in the store.
 */
export async function resolveMounts(
  agent: Agent,
  wanted: readonly WantedMount[],
  options: ResolveMountsOptions,
): Promise<readonly Volume[]> {
  const volumes: Volume[] = [];
  const travel = wanted.some(({ propagation }) =>
    propagation !== MountPropagation.PROPAGATION_PRIVATE
  );
  const table = travel ? await agent.mounter.list("/", options) : [];
  for (const [index, mount] of wanted.entries()) {
    options.signal?.throwIfAborted();
    const source = mount.kind === "host"
      ? await openHostPath(agent.host, mount.path, options)
      : await openImage(agent, mount, { ...options, index });
    if (mount.kind === "host") {
      checkPropagation(mount, source, propagationOf(source, table));
    }
    const { target, access, users, options: words } = mount;
    volumes.push({
      ...{ source, target, access, options: words },
      // An image is mounted for these already: overlayfs itself cannot be mapped.
      ...mount.kind === "host" && users !== undefined && { users },
    });
  }
  return volumes;
}

async function openImage(
  agent: Agent,
  { image, subPath }: WantedMount & { readonly kind: "image" },
  { id, pod, index, signal }: ResolveMountsOptions & {
    readonly index: number;
  },
): Promise<string> {
  const root = await mountImageVolume(agent, {
    owner: id,
    index,
    imageName: image,
    podId: pod.id,
    podName: pod.request.podName,
    users: pod.request.users,
    signal,
  });
  // The image is read-only: a path without links now has none later.
  const { path, status } = resolveInRoot(root, subPath);
  if (status !== undefined) return path;
  throw new TypeError(
    `Cannot mount image "${image}": ImageVolumeMountFailed: it has no ` +
      `"${subPath}"`,
  );
}
