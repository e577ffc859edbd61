/** Starts and stops containers: their mounts, and what a runtime is handed. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
import { InvalidContainerIdError } from "../../errors/not_found_errors.ts";
import {
  formatRuntimeSpec,
  type RuntimeMount,
  type RuntimeSpec,
  withMounts,
  withRoot,
} from "../../formats/oci/runtime_spec.ts";
import type { ContainerMetadata } from "../../formats/storage/container_metadata.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import {
  ensureRunDirectory,
  ensureWorkDirectory,
} from "../../store/disk_containers.ts";
import { isUnfinished } from "../../store/delete_container.ts";
import { findContainer, findValid } from "../../store/find_container.ts";
import { lendReserve } from "../../store/records/reserve.ts";
import type { HeldLocks } from "../../store/records/tables.ts";
import type { Agent } from "../agent.ts";
import { checkOwner, ownerOf } from "../container_owner.ts";
import { readConfig } from "../images/list_images.ts";
import { usersOf } from "../mapped_layers.ts";
import {
  MOUNT_LOCKS,
  mountLayer,
  unmountLayer,
  type UnmountMode,
} from "../mount_layer.ts";
import { parseStoredMetadata, readTemplate } from "../parse_stored.ts";
import { checkIdle, findActivity } from "./container_status.ts";
import { endNamed, type EndOptions } from "./end_process.ts";
import { forgetLastRun } from "./last_run.ts";
import { makeTemplate } from "./make_template.ts";
import { prepareRoot } from "./prepare_root.ts";
import { writeContainerFiles } from "./write_container_files.ts";

const START_LOCKS = {
  ...MOUNT_LOCKS,
  images: "read",
  containers: "read",
} as const;
const STOP_LOCKS = { ...MOUNT_LOCKS, containers: "read" } as const;

/**
 * Mounts a container's root and writes the bundle config for it. What is
 * mounted already is counted once more. No process is started.
 *
 * @returns The root directory.
 * @throws {InvalidContainerIdError} If there is no such container.
 * @throws {DamagedFileError} If its metadata or template does not parse.
 * @throws {PolicyError} If it is another tool's.
 */
export async function startContainer(
  agent: Agent,
  idOrName: string,
  options: Abortable = {},
): Promise<string> {
  using held = await agent.store.lock(START_LOCKS, options);
  const container = findValid(held.containers, idOrName, { verb: "start" });
  const { id, layer: layerId, names = [] } = container;
  const { mountLabel } = readOwnMetadata(agent, held, container);
  checkIsWhole(container);
  const template = readTemplate(agent, id) ??
    await renewTemplate(agent, held, container);
  const volumes = readVolumes(agent, held, container);
  let volumeMounts: readonly RuntimeMount[] = [];
  const root = await mountLayer(agent, held, {
    ...options,
    layerId,
    label: mountLabel,
    mountOptions: mountOptionsOf(container),
    prepare: async (root) => {
      volumeMounts = await prepareRoot(root, {
        ...options,
        libc: agent.store.libc,
        template,
        volumes,
        users: usersOf(held.layers, layerId),
      });
    },
  });
  try {
    const bundle = ensureRunDirectory(agent.store.paths, id);
    writeContainerFiles({ bundle, template, name: names[0] ?? id });
    const spec = withMounts(withRoot(template, root), volumeMounts);
    writeAtomically(join(bundle, "config.json"), formatRuntimeSpec(spec), {
      directory: "later", // each start writes it anew
    });
    const { process, hasRunner } = await findActivity(agent, id, options);
    if (process === undefined && !hasRunner) forgetLastRun(agent, id);
  } catch (error) {
    await unmountLayer(agent, held, { layerId });
    throw error;
  }
  return root;
}

/** What could not be removed to its end is no container any more. */
function checkIsWhole(container: ContainerRecord): void {
  if (!isUnfinished(container)) return;
  const name = container.names?.[0] ?? container.id;
  throw new Error(
    `Cannot start container "${name}": its removal has begun; each command ` +
      `goes on with it, and says what is in the way`,
  );
}

/** What does not parse may be orlop's, and damaged: that is told first. */
function readOwnMetadata(
  { store }: Agent,
  { containers }: HeldLocks<typeof START_LOCKS>,
  container: ContainerRecord,
): ContainerMetadata {
  const isUnclear = ownerOf(store, container) === "other" &&
    container.metadata !== undefined && container.metadata !== "";
  if (!isUnclear) checkOwner(store, container, { verb: "start" });
  const metadata = parseStoredMetadata(containers, container);
  checkOwner(store, container, { verb: "start" });
  return metadata;
}

/** How to stop a container. */
export interface StopContainerOptions extends EndOptions {
  /**
   * `"all"` unmounts whatever the count of users.
   *
   * @default {"one"}
   */
  readonly mode?: UnmountMode | undefined;
}

/**
 * Takes away one user of a container's mount; the last one unmounts it. One
 * that is not mounted is no error. Nothing is unmounted under a process.
 *
 * @returns Whether it is unmounted now.
 * @throws {InvalidContainerIdError} If `idOrName` is empty.
 * @throws {ContainerNotFoundError} If it is unknown.
 * @throws {PolicyError} If it is another tool's.
 * @throws {InUseError} If a process runs in it, and is not ended.
 */
export async function stopContainer(
  agent: Agent,
  idOrName: string,
  options: StopContainerOptions = {},
): Promise<boolean> {
  if (idOrName === "") {
    throw new InvalidContainerIdError(
      `Cannot stop container "": invalid container ID: it is empty`,
    );
  }
  using _reserve = lendReserve(agent.store);
  const verb = "stop";
  const [ended] = options.running === "end"
    ? await endNamed(agent, [idOrName], { ...options, verb })
    : [];
  using held = await agent.store.lock(STOP_LOCKS, options);
  const container = held.containers.get(ended) ??
    (ended === undefined && findContainer(held.containers, idOrName));
  if (!container) return true; // gone with its process
  checkOwner(agent.store, container, { verb });
  const { layer: layerId } = container;
  return await unmountLayer(agent, held, {
    ...options,
    layerId,
    checkLast: () =>
      checkIdle(agent, container, { ...options, verb: "unmount" }),
  });
}

/** A template that was lost is made anew, of the image alone. */
async function renewTemplate(
  agent: Agent,
  held: HeldLocks<typeof START_LOCKS>,
  { id, image: imageId }: ContainerRecord,
): Promise<RuntimeSpec> {
  const image = held.images.get(imageId);
  const config = image && readConfig(agent, image);
  const template = await makeTemplate(agent, held, {
    containerId: id,
    image,
    config,
  });
  const path = join(ensureWorkDirectory(agent.store.paths, id), "config.json");
  writeAtomically(path, formatRuntimeSpec(template));
  agent.log("warn", `Made "${path}" anew: it was lost, with its settings`);
  return template;
}

/** Directories that its image wants as volumes. */
function readVolumes(
  agent: Agent,
  { images }: HeldLocks<typeof START_LOCKS>,
  { image: imageId }: ContainerRecord,
): readonly string[] {
  const image = images.get(imageId);
  try {
    return image && readConfig(agent, image)?.config.Volumes || [];
  } catch {
    return []; // A container can do without: doctor says what is damaged.
  }
}

/** Options that a container's owner has set, instead of the general ones. */
export function mountOptionsOf(
  { flags }: ContainerRecord,
): readonly string[] | undefined {
  const options = flags?.["MountOpts"];
  if (!Array.isArray(options)) return undefined;
  return options.filter((option) => typeof option === "string");
}
