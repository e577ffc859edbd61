/** Lists containers and pods: all that is known of them is in the records. */

import type { Abortable } from "../abort.ts";
import {
  type ContainerMetadata,
  isOwnMetadata,
  parseContainerMetadata,
} from "../formats/container_metadata.ts";
import type { ContainerRecord } from "../formats/store_record.ts";
import type { RecordTable } from "../store/record_table.ts";
import type { Agent } from "./agent.ts";
import { mountPoint } from "./mount_layer.ts";

/** A container, as lists show it. */
export interface ContainerSummary {
  readonly id: string;
  readonly names: readonly string[];
  readonly imageId: string;
  /** As typed at its creation; `""` if its owner did not note it. */
  readonly imageName: string;
  readonly layerId: string;
  /** RFC 3339. */
  readonly created: string;
  /** The tool that made it. */
  readonly owner: ContainerOwner;
  /** Where its root is mounted; undefined if it is not. */
  readonly mountPoint: string | undefined;
  /** Only for orlop's own. */
  readonly metadata: ContainerMetadata | undefined;
}

/** Whose a container is. Others' are listed, but not touched by cleanups. */
export type ContainerOwner = "orlop" | "cri-o" | "podman" | "buildah" | "other";

/** A pod: its infra container and those that belong to it. */
export interface PodSummary {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  readonly infra: ContainerSummary | undefined;
  readonly members: readonly ContainerSummary[];
}

/** A record together with its metadata. */
export interface PodMember extends ContainerMetadata {
  readonly id: string;
  readonly record: ContainerRecord;
}

/** Lists all containers of the store, whoever made them. */
export async function listContainers(
  agent: Agent,
  options: Abortable = {},
): Promise<readonly ContainerSummary[]> {
  using held = await agent.store.lock({ containers: "read" }, options);
  const mounts = await agent.mounter.list(agent.store.paths.home, options);
  const targets = new Set(mounts.map(({ target }) => target));
  return held.containers.records.map((record) => {
    const target = mountPoint(agent, record.layer);
    return summarize(record, targets.has(target) ? target : undefined);
  });
}

/** Groups orlop's containers by pod: there is no other index. */
export async function listPods(
  agent: Agent,
  options: Abortable = {},
): Promise<readonly PodSummary[]> {
  const all = await listContainers(agent, options);
  const groups = Map.groupBy(
    all.filter(({ owner }) => owner === "orlop"),
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

/** The containers of a pod, with its infra container. */
export function listMembers(
  containers: RecordTable<ContainerRecord>,
  podId: string,
): readonly PodMember[] {
  return containers.records.flatMap((record) => {
    const metadata = readMetadata(record);
    if (metadata?.podId !== podId) return [];
    return [{ ...metadata, id: record.id, record }];
  });
}

/** The metadata of one of orlop's containers; undefined if it is not. */
export function readMetadata(
  { id, metadata = "" }: ContainerRecord,
): ContainerMetadata | undefined {
  if (!isOwnMetadata(metadata)) return undefined;
  return parseContainerMetadata(metadata, `container "${id}"`);
}

function summarize(
  record: ContainerRecord,
  mountPoint: string | undefined,
): ContainerSummary {
  const metadata = readMetadata(record);
  return {
    id: record.id,
    names: record.names ?? [],
    imageId: record.image,
    imageName: metadata?.imageName ?? "",
    layerId: record.layer,
    created: record.created,
    owner: ownerOf(record),
    mountPoint,
    metadata,
  };
}

/** What each tool writes into its containers' metadata. */
function ownerOf({ metadata = "" }: ContainerRecord): ContainerOwner {
  if (isOwnMetadata(metadata)) return "orlop";
  if (metadata === "") return "buildah";
  try {
    const { podId, podName, imageId, name } = parseContainerMetadata(
      metadata,
      "container",
    );
    if (podId !== "" && podName !== "") return "cri-o";
    return imageId !== "" && name !== "" ? "podman" : "other";
  } catch {
    // Owners may write what they like.
    return "other";
  }
}
