/** Disk usage of a store, from its records. */

import type { Abortable } from "../../errors/abort.ts";
import { READ_LOCKS } from "../../store/records/tables.ts";
import { type Agent, type AgentHandle, insideOf } from "../agent.ts";
import type {
  CleanupFacts,
  ContainerClass,
  ContainerFact,
  DiskSpace,
  ImageFact,
} from "./cleanup_facts.ts";
import { type CleanupKind, forEachKind } from "./cleanup_plan.ts";
import { OwnLayers, sumBytes } from "./own_layers.ts";
import { planCleanup } from "./plan_cleanup.ts";
import { surveyStore } from "./survey_store.ts";

/** The disk usage of an image. */
export interface ImageUsage {
  /** Full. */
  readonly id: string;
  /** Full; none if it is dangling. */
  readonly names: readonly string[];
  /** When it was built, RFC 3339. */
  readonly created: string;
  /** When it was last used, as far as that is known, RFC 3339. */
  readonly lastUsed: string;
  /**
   * The size of layers that other images use, too; in bytes, like all sizes here.
   */
  readonly shared: number;
  /** The size of layers that only this image uses, and of its config. */
  readonly unique: number;
  /** How many containers were made of it. */
  readonly containers: number;
  /** Whether no cleanup removes it. */
  readonly pinned: boolean;
  /** Whether a cleanup of unused images would remove it. */
  readonly reclaimable: boolean;
}

/** The disk usage of a container's own layer. */
export interface ContainerUsage {
  /** Full. */
  readonly id: string;
  /** The first of its names; the ID if it has none. */
  readonly name: string;
  /** Of the image that it was made of. */
  readonly imageId: string;
  /** Of its own layer. */
  readonly size: number;
  /** Decides what a cleanup does with it. */
  readonly state: ContainerClass;
  /** When it was made or last started, RFC 3339. */
  readonly lastUsed: string;
}

/** What a cleanup of one kind could free. */
export interface Reclaimable {
  /** How many objects. */
  readonly count: number;
  /** Their size. */
  readonly bytes: number;
}

/** The disk usage of a store. */
export interface StoreUsage {
  /** All of them. */
  readonly images: readonly ImageUsage[];
  /** All of them, whoever made them. */
  readonly containers: readonly ContainerUsage[];
  /** Of all image layers, each counted once, and configs. */
  readonly imageBytes: number;
  /** Of all containers' own layers. */
  readonly containerBytes: number;
  /** What a cleanup could remove at most, by kind. */
  readonly reclaimable: Readonly<Record<CleanupKind, Reclaimable>>;
  /** The file system that it is on. */
  readonly disk: DiskSpace;
}

/**
 * Measures a store from its records; only writable layers are read.
 *
 * @param handle From `openAgent()`.
 * @example
 * ```ts
 * import { measureStore, openAgent } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({ root, runRoot: `${root}/run` });
 * const { images, reclaimable, disk } = await measureStore(agent);
 * console.log(images.length, reclaimable.layer.bytes, disk.free);
 * ```
 */
export async function measureStore(
  handle: AgentHandle,
  options: Abortable = {},
): Promise<StoreUsage> {
  const agent = insideOf(handle);
  return toUsage(await survey(agent, options));
}

async function survey(
  agent: Agent,
  options: Abortable,
): Promise<CleanupFacts> {
  using held = await agent.store.lock(READ_LOCKS, options);
  return await surveyStore(agent, held, { ...options, measured: "all" });
}

function toUsage(facts: CleanupFacts): StoreUsage {
  const { images, containers, layers, disk } = facts;
  const { items } = planCleanup(facts, {
    images: "unused",
    containers: "stopped",
  });
  const own = new OwnLayers(layers, images);
  const unused = planCleanup(facts, { images: "unused" }).items;
  const removable = new Set(unused.map(({ id }) => id));
  return {
    images: images.map((image) =>
      toImageUsage(image, own, {
        containers: containers.filter((c) => c.imageId === image.id).length,
        reclaimable: removable.has(image.id),
      })
    ),
    containers: containers.map(toContainerUsage),
    imageBytes: sumBytes(own.all) + sumBytes(images),
    containerBytes: sumBytes(containers),
    reclaimable: forEachKind((kind) => {
      const found = items.filter((item) => item.kind === kind);
      return { count: found.length, bytes: sumBytes(found) };
    }),
    disk,
  };
}

function toImageUsage(
  image: ImageFact,
  own: OwnLayers,
  rest: Pick<ImageUsage, "containers" | "reclaimable">,
): ImageUsage {
  const all = sumBytes(own.listOf(image));
  const unique = sumBytes(own.ownOf(image));
  return {
    id: image.id,
    names: image.names,
    created: toText(image.createdMs),
    lastUsed: toText(image.lastUsedMs),
    shared: all - unique,
    unique: unique + image.bytes,
    pinned: image.isPinned,
    ...rest,
  };
}

function toContainerUsage(container: ContainerFact): ContainerUsage {
  const { id, name, imageId, bytes, state, lastUsedMs } = container;
  const lastUsed = toText(lastUsedMs);
  return { id, name, imageId, size: bytes, state, lastUsed };
}

function toText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
