/** Starts containers: mounts their roots, and writes the bundle for a runtime. */

import { join } from "@std/path";
import type { Abortable } from "../../errors/abort.ts";
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
import { findValid } from "../../store/find_container.ts";
import type { HeldLocks } from "../../store/records/tables.ts";
import type { Store } from "../../store/store.ts";
import type { Agent } from "../agent.ts";
import { groupByStore, type GroupedCall, prepareAll } from "../call_group.ts";
import { splitByLayer } from "../mounts/attempts.ts";
import { checkOwner, ownerOf } from "../container_owner.ts";
import { readConfig } from "../images/list_images.ts";
import { usersOf } from "../mounts/mapped_layers.ts";
import { mountLayers, type MountRequest } from "../mounts/mount_layer.ts";
import { unmountLayer } from "../mounts/unmount_layer.ts";
import { MOUNT_LOCKS } from "../mounts/mount_counts.ts";
import { parseStoredMetadata, readTemplate } from "../parse_stored.ts";
import { findActivity } from "./container_status.ts";
import { forgetLastRun } from "./last_run.ts";
import { makeTemplate } from "../templates/make_template.ts";
import { prepareRoot } from "./prepare_root.ts";
import { writeContainerFiles } from "./write_container_files.ts";

const START_LOCKS = {
  ...MOUNT_LOCKS,
  images: "read",
  containers: "read",
} as const;

/**
 * Mounts a container's root and writes the bundle config for it. A root that is
 * mounted already gets one more count. No process is started.
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
  return await startInGroup({ agent, idOrName, options }, options);
}

interface StartRequest {
  readonly agent: Agent;
  readonly idOrName: string;
  readonly options: Abortable;
}

type StartCall = GroupedCall<StartRequest, string>;

const startInGroup = groupByStore<StartRequest, string>(startAll);

/** Starts the requested containers: the roots are mounted concurrently. */
async function startAll(
  store: Store,
  take: () => readonly StartCall[],
  options: Abortable,
): Promise<void> {
  using held = await store.lock(START_LOCKS, options);
  for (let calls = take(); calls.length > 0;) {
    const ready = await prepareAll(calls, (call) => prepareStart(call, held));
    const { batch, later } = splitByLayer(ready);
    const roots = await mountLayers(held, batch.map(({ request }) => request));
    await Promise.all(batch.map(async (each, index) => {
      try {
        each.call.resolve(await finishStart(each, held, roots[index]));
      } catch (error) {
        each.call.reject(error);
      }
    }));
    calls = later.map(({ call }) => call);
  }
}

interface ReadyStart {
  readonly call: StartCall;
  readonly request: MountRequest;
  readonly container: ContainerRecord;
  readonly template: RuntimeSpec;
  /** Set when it is mounted. */
  readonly volumeMounts: RuntimeMount[];
  /** Writes the files of its bundle, once. */
  readonly writeFiles: () => void;
}

async function prepareStart(
  call: StartCall,
  held: HeldLocks<typeof START_LOCKS>,
): Promise<ReadyStart> {
  const { agent, idOrName, options } = call.request;
  options.signal?.throwIfAborted();
  const container = findValid(held.containers, idOrName, { verb: "start" });
  const { mountLabel } = readOwnMetadata(agent, held, container);
  checkIsWhole(container);
  const template = readTemplate(agent, container.id) ??
    await renewTemplate(agent, held, container);
  const volumes = readVolumes(agent, held, container);
  const volumeMounts: RuntimeMount[] = [];
  const writeFiles = filesWriter(agent, container, template);
  const request: MountRequest = {
    ...options,
    agent,
    layerId: container.layer,
    label: mountLabel,
    mountOptions: mountOptionsOf(container),
    async prepare(root) {
      const { libc } = agent.store;
      const users = usersOf(held.layers, container.layer);
      const ready = { ...options, libc, template, volumes, users };
      volumeMounts.push(...await prepareRoot(root, ready));
    },
    // deno-lint-ignore require-await -- a throw becomes a rejection
    meanwhile: async () => writeFiles(),
  };
  return { call, request, container, template, volumeMounts, writeFiles };
}

function filesWriter(
  { store: { paths, libc } }: Agent,
  { id, names }: ContainerRecord,
  template: RuntimeSpec,
): () => void {
  let state: "to be written" | "written" = "to be written";
  return () => {
    if (state === "written") return;
    const bundle = ensureRunDirectory(paths, id);
    writeContainerFiles({ bundle, template, name: names?.[0] ?? id, libc });
    state = "written";
  };
}

/** Writes the bundle; unmounts if that fails. */
async function finishStart(
  { call, container, template, volumeMounts, writeFiles }: ReadyStart,
  held: HeldLocks<typeof START_LOCKS>,
  mounted: PromiseSettledResult<string> | undefined,
): Promise<string> {
  if (mounted?.status !== "fulfilled") throw mounted?.reason;
  const { value: root } = mounted;
  const { agent, options } = call.request;
  const { id, layer: layerId } = container;
  try {
    writeFiles();
    const bundle = ensureRunDirectory(agent.store.paths, id);
    const spec = withMounts(withRoot(template, root), volumeMounts);
    writeAtomically(join(bundle, "config.json"), formatRuntimeSpec(spec), {
      ...{ data: "later", directory: "later" }, // each start writes it anew
    });
    const { process, hasRunner } = await findActivity(agent, id, options);
    if (process === undefined && !hasRunner) forgetLastRun(agent, id);
  } catch (error) {
    await unmountLayer(agent, held, { layerId });
    throw error;
  }
  return root;
}

/** A container whose removal has begun cannot be started. */
function checkIsWhole(container: ContainerRecord): void {
  if (!isUnfinished(container)) return;
  const name = container.names?.[0] ?? container.id;
  throw new Error(
    `Cannot start container "${name}": its removal has begun; each command ` +
      `continues it, and says what prevents it`,
  );
}

/**
 * Metadata that does not parse may be orlop's, and damaged: that error comes first.
 */
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

/** A lost template is made again, from the image alone. */
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
  agent.log("warn", `Created "${path}" again: it was lost, with its settings`);
  return template;
}

/** Directories that its image declares as volumes. */
function readVolumes(
  agent: Agent,
  { images }: HeldLocks<typeof START_LOCKS>,
  { image: imageId }: ContainerRecord,
): readonly string[] {
  const image = images.get(imageId);
  try {
    return image && readConfig(agent, image)?.config.Volumes || [];
  } catch {
    return []; // The container can start without them: doctor reports the damage.
  }
}

/** Mount options of the container, instead of the general ones. */
export function mountOptionsOf(
  { flags }: ContainerRecord,
): readonly string[] | undefined {
  const options = flags?.["MountOpts"];
  if (!Array.isArray(options)) return undefined;
  return options.filter((option) => typeof option === "string");
}
