/** The files of a container, as it sees them now. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { resolveInRoot } from "../../fs/resolve_in_root.ts";
import type { RootedFile } from "../../process/libc_roots.ts";
import type { Agent } from "../agent.ts";
import { findActivity } from "../containers/container_status.ts";
import { mountOptionsOf } from "../containers/start_container.ts";
import { mountLayer } from "../mounts/mount_layer.ts";
import { unmountLayer } from "../mounts/unmount_layer.ts";
import { MOUNT_LOCKS } from "../mounts/mount_counts.ts";
import { mountPoint } from "../mounts/mount_points.ts";

/** A root directory in which files can be opened. */
export interface OpenedRoot extends AsyncDisposable {
  /** Undefined if there is nothing; the path is followed to its end. */
  find(path: string): RootedFile | undefined;
  /**
   * Resolves a path that ends in a link, if possible; otherwise the path itself.
   */
  resolve(path: string): string;
}

/**
 * Opens the root of a container: that of its process, with all that is mounted in
 * it; or, if no process runs, a temporary mount.
 *
 * @throws {Error} If libc was opened without the calls for roots.
 */
export async function openContainerRoot(
  agent: Agent,
  record: ContainerRecord,
  options: Abortable = {},
): Promise<OpenedRoot> {
  const { process } = await findActivity(agent, record.id, options);
  const merged = mountPoint(agent, record.layer);
  if (process?.pid === undefined) {
    await mount(agent, record, options);
    return openRoot(agent, merged, merged, () => unmount(agent, record));
  }
  return openRoot(agent, `/proc/${process.pid}/root`, merged);
}

/** Opens this machine's own root. */
export function openHostRoot(agent: Agent): OpenedRoot {
  return {
    ...openRoot(agent, "/", "/"),
    resolve(path) {
      try {
        return Deno.realPathSync(path);
      } catch {
        return path; // there is none
      }
    },
  };
}

function openRoot(
  { store: { libc } }: Agent,
  root: string,
  merged: string,
  close: () => Promise<void> = () => Promise.resolve(),
): OpenedRoot {
  const roots = libc?.roots;
  if (roots === undefined) {
    throw new Error("Cannot copy files: libc was taken without its roots");
  }
  return {
    find: (path) => roots.find(root, path),
    resolve(path) {
      try {
        // Only a path: the kernel resolves it again, inside the root.
        return `/${resolveInRoot(merged, path).path.slice(merged.length)}`;
      } catch {
        return path;
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

async function mount(
  agent: Agent,
  record: ContainerRecord,
  options: Abortable,
): Promise<void> {
  using held = await agent.store.lock(MOUNT_LOCKS, options);
  const { layer: layerId } = record;
  const mountOptions = mountOptionsOf(record);
  await mountLayer(agent, held, { ...options, layerId, mountOptions });
}

async function unmount(
  agent: Agent,
  { layer: layerId }: ContainerRecord,
): Promise<void> {
  using held = await agent.store.lock(MOUNT_LOCKS);
  await unmountLayer(agent, held, { layerId });
}
