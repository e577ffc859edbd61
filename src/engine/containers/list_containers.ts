/** Lists containers and pods from the records. */

import type { Abortable } from "../../errors/abort.ts";
import type { ContainerMetadata } from "../../formats/storage/container_metadata.ts";
import type {
  ContainerId,
  ImageId,
  LayerId,
} from "../../formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../formats/storage/store_record.ts";
import { choose } from "../../store/find_container.ts";
import type { RecordView } from "../../store/records/records.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import {
  type ContainerOwner,
  ownerOf,
  readMetadata,
} from "../container_owner.ts";
import { mountPoint } from "../mounts/mount_points.ts";
import { Semaphore } from "../semaphore.ts";
import {
  type ActivityOptions,
  type ContainerStatus,
  readStatus,
} from "./container_status.ts";
import { listStates } from "../runtimes/find_runtime.ts";

/** A container, as lists show it. */
export interface ContainerSummary extends ContainerStatus {
  /** Full. */
  readonly id: ContainerId;
  /** Unique in the store. */
  readonly names: readonly string[];
  /** `""` if it was made of none. */
  readonly imageId: ImageId;
  /** As typed at its creation; `""` if its owner did not record it. */
  readonly imageName: string;
  /** Of its own, writable layer. */
  readonly layerId: LayerId;
  /** RFC 3339. */
  readonly created: string;
  /** The tool that made it. */
  readonly owner: ContainerOwner;
  /** Where its root is mounted; undefined if it is not. */
  readonly mountPoint: string | undefined;
  /** Only for orlop's own, and if it parses. */
  readonly metadata: ContainerMetadata | undefined;
}

/** A pod: its infra container and those that belong to it. */
export interface PodSummary {
  /** That of its infra container. */
  readonly id: string;
  /** All its containers have it. */
  readonly name: string;
  /** RFC 3339. */
  readonly created: string;
  /** Undefined if it was removed without its members. */
  readonly infra: ContainerSummary | undefined;
  /** The other containers. */
  readonly members: readonly ContainerSummary[];
}

/** A record together with its metadata. */
export interface PodMember extends ContainerMetadata {
  readonly id: ContainerId;
  readonly record: ContainerRecord;
}

// Each query starts a program.
const MAX_ASKED = 8;

/**
 * Lists all containers of the store, whoever made them.
 *
 * @param handle From `openAgent()`.
 * @example
 * ```ts
 * import { listContainers, openAgent } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run` });
 * for (const { id, owner, mountPoint } of await listContainers(agent)) {
 *   console.log(id, owner, mountPoint ?? "not mounted");
 * }
 * ```
 */
export async function listContainers(
  handle: AgentHandle,
  options: Abortable = {},
): Promise<readonly ContainerSummary[]> {
  const agent = insideOf(handle);
  const { records, targets } = await read();
  // Runtimes are asked without a lock, as each query takes time.
  const states = listStates(agent);
  const turns = new Semaphore(MAX_ASKED);
  return await Promise.all(records.map(look));

  async function look(record: ContainerRecord): Promise<ContainerSummary> {
    using _turn = states.ids.has(record.id)
      ? await turns.take(options.signal)
      : undefined;
    const target = mountPoint(agent, record.layer);
    return await summarize(agent, record, {
      ...options,
      states,
      mountPoint: targets.has(target) ? target : undefined,
    });
  }

  async function read() {
    using held = await agent.store.lock({ containers: "read" }, options);
    const mounts = await agent.mounter.list(agent.store.paths.home, options);
    const targets = new Set(mounts.map(({ target }) => target));
    return { records: held.containers.records, targets };
  }
}

/**
 * Groups orlop's containers by pod: there is no other index.
 *
 * @param handle From `openAgent()`.
 * @example
 * ```ts
 * import { listPods, openAgent } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run` });
 * for (const { id, name, members } of await listPods(agent)) {
 *   console.log(id, name, members.length);
 * }
 * ```
 */
export async function listPods(
  agent: AgentHandle,
  options: Abortable = {},
): Promise<readonly PodSummary[]> {
  const all = await listContainers(agent, options);
  const groups = Map.groupBy(
    all.filter(({ metadata }) => metadata !== undefined),
    ({ metadata }) => metadata?.podId ?? "",
  );
  return [...groups].map(([id, containers]) => {
    const infra = containers.find(({ metadata }) => metadata?.pod);
    const [first] = containers;
    return {
      id,
      name: first?.metadata?.podName ?? "",
      created: infra?.created ?? first?.created ?? "",
      infra,
      members: containers.filter((container) => container !== infra),
    };
  });
}

/**
 * Finds a pod by ID, name, or prefix of its ID, without looking at the state of its
 * containers.
 *
 * @throws {ContainerNotFoundError} If there is none.
 * @throws {AmbiguousIdError} If there are several.
 */
export async function findPod(
  agent: Agent,
  text: string,
  options: Abortable = {},
): Promise<Pick<PodSummary, "id" | "name">> {
  using held = await agent.store.lock({ containers: "read" }, options);
  const infra = findInfra(held.containers, text);
  if (infra !== undefined) return { id: infra.podId, name: infra.podName };
  const pods = new Map<string, { id: string; names: readonly string[] }>();
  for (const record of held.containers.records) {
    if (!mayName(record, text)) continue;
    const { podId = "", podName = "" } = readMetadata(record) ?? {};
    if (podId !== "" && !pods.has(podId)) {
      pods.set(podId, { id: podId, names: [podName] });
    }
  }
  const { id, names } = choose([...pods.values()], text, { kind: "pod" });
  return { id, name: names[0] ?? "" };
}

/** A pod's infra container, which has its ID, and its name besides its own. */
export function findInfra(
  containers: RecordView<ContainerRecord>,
  idOrName: string,
): PodMember | undefined {
  const record = containers.lookUp(idOrName) ?? containers.getByName(idOrName);
  const metadata = record && readMetadata(record);
  if (record === undefined || !metadata?.pod) return undefined;
  const isPod = [metadata.podId, metadata.podName].includes(idOrName);
  return isPod ? { ...metadata, id: record.id, record } : undefined;
}

/** The containers of a pod, with its infra container. */
export function listMembers(
  containers: RecordView<ContainerRecord>,
  podId: string,
): readonly PodMember[] {
  return containers.records.flatMap((record) => {
    // Parsing the metadata of thousands of containers would be slow.
    if (!mayName(record, podId)) return [];
    const metadata = readMetadata(record);
    if (metadata?.podId !== podId) return [];
    return [{ ...metadata, id: record.id, record }];
  });
}

/**
 * Whether JSON may contain a text: it is searched for as it is, unless the JSON has
 * escapes.
 */
function mayName({ metadata = "" }: ContainerRecord, text: string): boolean {
  return metadata.includes(text) || metadata.includes("\\");
}

/** Sums a container up. */
export async function summarize(
  agent: Agent,
  record: ContainerRecord,
  { mountPoint, ...options }:
    & Pick<ContainerSummary, "mountPoint">
    & ActivityOptions,
): Promise<ContainerSummary> {
  const { store } = agent;
  const metadata = readMetadata(record);
  const isMounted = mountPoint !== undefined;
  return {
    ...await readStatus(agent, record, { ...options, isMounted }),
    id: record.id,
    names: record.names ?? [],
    imageId: record.image,
    imageName: metadata?.imageName ?? "",
    layerId: record.layer,
    created: record.created,
    owner: ownerOf(store, record),
    mountPoint,
    metadata,
  };
}
