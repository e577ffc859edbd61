/**
 * Decides what a cleanup removes: a pure function, so that `--dry-run` shows the
 * real plan.
 */

import { type LayerUser, LayerUsers } from "../layer_users.ts";
import type {
  CleanupFacts,
  ContainerFact,
  DiskSpace,
  ImageFact,
  LeftoverFact,
} from "./cleanup_facts.ts";
import type {
  CleanupItem,
  CleanupKind,
  CleanupPlan,
  CleanupRequest,
  CleanupTarget,
  KeptItem,
} from "./cleanup_plan.ts";
import { OwnLayers, sumBytes } from "./own_layers.ts";
import { findNewest, whyContainerStays, whyImageStays } from "./why_kept.ts";

/** Makes the plan. */
export function planCleanup(
  facts: CleanupFacts,
  request: CleanupRequest = {},
): CleanupPlan {
  const { target } = request;
  const wanted = target && bytesWanted(facts.disk, target);
  // With damaged records, files without a record may be in use.
  if (facts.faults.length > 0) return emptyPlan(wanted);
  if (target?.kind === "marks" && wanted === 0) return emptyPlan(wanted);
  return new Planner(facts, request, { wanted }).plan();
}

function emptyPlan(wanted: number | undefined): CleanupPlan {
  return { items: [], kept: [], wanted, bytes: 0, shortfall: wanted ?? 0 };
}

/** How much must be removed to meet a target; 0 if it is met. */
function bytesWanted(
  { free, total }: DiskSpace,
  target: CleanupTarget,
): number {
  switch (target.kind) {
    case "free":
      return Math.max(0, target.bytes - free);
    case "free-share":
      return Math.max(0, Math.ceil(total * target.share) - free);
    case "marks": {
      const used = total - free;
      if (used < total * target.high) return 0;
      return Math.max(0, used - Math.floor(total * target.low));
    }
  }
}

// containers/storage uses the same time for layers.
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;

class Planner {
  readonly #facts: CleanupFacts;
  readonly #request: CleanupRequest;
  readonly #wanted: number | undefined;
  readonly #leftoverAgeMs: number;
  readonly #users: LayerUsers;
  readonly #newest: ReadonlySet<string>;
  readonly #usersOf: ReadonlyMap<string, readonly ContainerFact[]>;
  readonly #items: CleanupItem[] = [];
  readonly #kept: KeptItem[] = [];
  /** The IDs of images and containers that are removed. */
  readonly #gone = new Set<string>();
  #own: OwnLayers | undefined; // usually none
  #bytes = 0;

  constructor(
    facts: CleanupFacts,
    request: CleanupRequest,
    { wanted }: { readonly wanted: number | undefined },
  ) {
    const { layers, images, containers } = facts;
    this.#facts = facts;
    this.#request = request;
    this.#wanted = wanted;
    this.#leftoverAgeMs = request.leftoverAgeMs ?? LEFTOVER_AGE_MS;
    this.#users = new LayerUsers(layers, [
      ...images,
      ...containers.map(toLayerUser),
    ]);
    this.#newest = findNewest(facts, request.keep ?? 0);
    this.#usersOf = Map.groupBy(containers, ({ imageId }) => imageId);
  }

  plan(): CleanupPlan {
    for (const leftover of this.#facts.leftovers) this.#takeLeftover(leftover);
    this.#takeLayers();
    this.#takeContainers();
    this.#takeImages();
    return {
      items: this.#items,
      kept: this.#kept,
      wanted: this.#wanted,
      bytes: this.#bytes,
      shortfall: Math.max(0, (this.#wanted ?? 0) - this.#bytes),
    };
  }

  /** Leftovers are removed regardless of the target. */
  #takeLeftover({ kind, path, bytes, changedMs, holder }: LeftoverFact): void {
    const common = { kind: "leftover", id: path, name: path, bytes } as const;
    if (changedMs !== undefined && this.#isYoung(changedMs)) return;
    if (holder !== undefined) {
      this.#kept.push({ ...common, reason: `${holder} uses it` });
      return;
    }
    const reason = kind === "download"
      ? "received in part, and not resumed"
      : `${kind} without a record, left by a crash`;
    this.#take({ ...common, reason, layers: [] });
  }

  /** Removes unused chains of layers, from the top down. */
  #takeLayers(): void {
    const { layers } = this.#facts;
    const young = new Set(
      layers.filter(({ createdMs }) => this.#isYoung(createdMs))
        .map(({ id }) => id),
    );
    for (const { id: top } of layers) {
      for (const { id, bytes } of this.#users.dropChain(top, young)) {
        const reason = "no image or container uses it";
        this.#take({ kind: "layer", id, name: id, reason, bytes, layers: [] });
      }
    }
    for (const { id, bytes } of layers.filter((layer) => layer.hasOwnFiles)) {
      const reason = "it holds files of a container, of which nothing is known";
      this.#kept.push({ kind: "layer", id, name: id, reason, bytes });
    }
  }

  /**
   * Infra containers come last, when it is known which containers of their pods are
   * kept.
   */
  #takeContainers(): void {
    const { containers = "none" } = this.#request;
    if (containers === "none") return;
    const wanted = this.#facts.containers.filter(({ state }) =>
      state === "vanished" || (state === "stopped" && containers === "stopped")
    );
    const inOrder = wanted.toSorted((a, b) =>
      Number(isInfra(a)) - Number(isInfra(b)) || byLastUse(a, b)
    );
    for (const container of inOrder) this.#takeContainer(container);
  }

  #takeContainer(container: ContainerFact): void {
    const { id, name, bytes, layerId } = container;
    const common = { kind: "container", id, name } as const;
    const reason = whyContainerStays(container, {
      now: this.#facts.now,
      olderThanMs: this.#request.olderThanMs ?? this.#leftoverAgeMs,
      members: this.#membersLeft(container),
      isServed: this.#facts.isServed,
    });
    if (reason !== undefined) {
      this.#kept.push({ ...common, bytes, reason });
    } else if (!this.#isMet()) {
      this.#gone.add(id);
      const layers = this.#users.remove(toLayerUser(container))
        .filter((layer) => layer.id !== layerId);
      this.#take({
        ...common,
        bytes: bytes + sumBytes(layers),
        reason: container.state === "vanished"
          ? "no other process will remove it"
          : "it is neither running nor mounted",
        layers: layers.map((layer) => layer.id),
      });
    }
  }

  #membersLeft(container: ContainerFact): readonly ContainerFact[] {
    if (!isInfra(container)) return [];
    return this.#facts.containers.filter(({ id, podId }) =>
      podId === container.podId && id !== container.id && !this.#gone.has(id)
    );
  }

  /** Images without a name first; each group ordered by last use. */
  #takeImages(): void {
    const images = this.#facts.images.toSorted(byLastUse);
    const dangling = images.filter(({ names }) => names.length === 0);
    // An image whose last child was removed is dangling, too: try again.
    while (dangling.some((image) => this.#takeImage(image, "dangling image")));
    const named = this.#wantsUnused()
      ? images.filter(({ names }) => names.length > 0)
      : [];
    for (const image of named) this.#takeImage(image, "unused image");
    for (const image of dangling) this.#keepImage(image, "dangling image");
    for (const image of named) this.#keepImage(image, "unused image");
  }

  #wantsUnused(): boolean {
    const { images, target, keep, olderThanMs } = this.#request;
    if (images !== undefined) return images === "unused";
    return [target, keep, olderThanMs].some((request) => request !== undefined);
  }

  /** @returns Whether it is removed. */
  #takeImage(image: ImageFact, kind: CleanupKind): boolean {
    if (this.#isMet() || this.#gone.has(image.id)) return false;
    if (this.#whyStays(image) !== undefined) return false;
    this.#gone.add(image.id);
    const layers = this.#users.remove(image);
    this.#take({
      kind,
      id: image.id,
      name: image.names[0] ?? image.id,
      reason: kind === "dangling image"
        ? "dangling: it has no name"
        : "no container uses it",
      bytes: image.bytes + sumBytes(layers),
      layers: layers.map(({ id }) => id),
    });
    return true;
  }

  #keepImage(image: ImageFact, kind: CleanupKind): void {
    const reason = this.#gone.has(image.id) ? undefined : this.#whyStays(image);
    if (reason === undefined) return;
    const { layers, images } = this.#facts;
    this.#own ??= new OwnLayers(layers, images);
    this.#kept.push({
      kind,
      id: image.id,
      name: image.names[0] ?? image.id,
      reason,
      bytes: image.bytes + sumBytes(this.#own.ownOf(image)),
    });
  }

  #whyStays(image: ImageFact): string | undefined {
    const users = this.#usersOf.get(image.id) ?? [];
    return whyImageStays(image, {
      now: this.#facts.now,
      olderThanMs: this.#request.olderThanMs ?? 0,
      users: users.filter(({ id }) => !this.#gone.has(id)),
      newest: this.#newest,
      gone: this.#gone,
      isServed: this.#facts.isServed,
    });
  }

  #take(item: CleanupItem): void {
    this.#items.push(item);
    this.#bytes += item.bytes;
  }

  #isMet(): boolean {
    return this.#wanted !== undefined && this.#bytes >= this.#wanted;
  }

  #isYoung(timeMs: number): boolean {
    return this.#facts.now - timeMs < this.#leftoverAgeMs;
  }
}

function toLayerUser({ id, layerId }: ContainerFact): LayerUser {
  return { id, tops: [layerId] };
}

function isInfra({ id, podId }: ContainerFact): boolean {
  return id === podId;
}

function byLastUse(
  a: { readonly lastUsedMs: number },
  b: { readonly lastUsedMs: number },
): number {
  return a.lastUsedMs - b.lastUsedMs;
}
