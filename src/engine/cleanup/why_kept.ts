/** Why a cleanup keeps images and containers. */

import { parseReference, repositoryOf } from "../../formats/oci/reference.ts";
import type {
  CleanupFacts,
  ContainerFact,
  ImageFact,
} from "./cleanup_facts.ts";

/** What decides about an image, apart from its own facts. */
export interface ImageRules {
  /** In milliseconds since 1970. */
  readonly now: number;
  readonly olderThanMs: number;
  /** The containers made from it that are kept. */
  readonly users: readonly ContainerFact[];
  /** The IDs of the newest images of each repository. */
  readonly newest: ReadonlySet<string>;
  /** The IDs of images that are removed. */
  readonly gone: ReadonlySet<string>;
  readonly isServed: boolean;
}

const SERVED =
  "orlop serve works on the store: what is not used the kubelet removes";

// Between two steps of a build by another tool, nothing refers to an image.
const BUILD_STEP_MS = 60 * 60 * 1000;

/** Why an image is kept; undefined if it can be removed. */
export function whyImageStays(
  image: ImageFact,
  { now, olderThanMs, users, newest, gone, isServed }: ImageRules,
): string | undefined {
  const ageMs = now - image.lastUsedMs;
  const children = image.children.filter((id) => !gone.has(id));
  if (image.isPinned) return "it is pinned";
  if (image.holder !== undefined) return `${image.holder} uses it`;
  if (users.length > 0) return `${quote("container", users)} uses it`;
  if (children.length > 0) {
    return `image "${children[0]?.slice(0, 12)}" was built on it`;
  }
  if (isServed) return SERVED;
  if (!image.isNoted && ageMs < BUILD_STEP_MS) {
    return "it is less than an hour old, and of another tool";
  }
  if (ageMs < olderThanMs) return `it was used on ${dayOf(image.lastUsedMs)}`;
  if (newest.has(image.id)) return "it is one of the newest of its repository";
  return undefined;
}

/** Why a requested container is kept; undefined if it can be removed. */
export function whyContainerStays(
  { state, lastUsedMs }: ContainerFact,
  { now, olderThanMs, members, isServed }: {
    readonly now: number;
    readonly olderThanMs: number;
    /** For an infra container: the containers of its pod that are kept. */
    readonly members: readonly ContainerFact[];
    readonly isServed: boolean;
  },
): string | undefined {
  if (members.length > 0) {
    return `${quote("container", members)} of its pod needs it`;
  }
  if (isServed) return SERVED;
  const isYoung = state === "stopped" && now - lastUsedMs < olderThanMs;
  return isYoung ? `it was used on ${dayOf(lastUsedMs)}` : undefined;
}

/** The IDs of the newest images of each repository. */
export function findNewest(
  { images }: CleanupFacts,
  count: number,
): ReadonlySet<string> {
  const entries = images.flatMap((image) =>
    [...new Set(image.names.map(toRepository))]
      .map((repository) => ({ image, repository }))
  );
  const groups = Map.groupBy(entries, ({ repository }) => repository);
  return new Set(
    [...groups.values()].flatMap((group) =>
      group.map(({ image }) => image)
        .toSorted((a, b) =>
          b.createdMs - a.createdMs || b.lastUsedMs - a.lastUsedMs
        )
        .slice(0, count)
        .map(({ id }) => id)
    ),
  );
}

/** Other tools may have written malformed names. */
function toRepository(name: string): string {
  try {
    return repositoryOf(parseReference(name));
  } catch {
    return name;
  }
}

function quote(kind: string, things: readonly { name: string }[]): string {
  return `${kind} ${things.map(({ name }) => `"${name}"`).join(", ")}`;
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 16).replace("T", " ");
}
