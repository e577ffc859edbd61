/** What a cleanup is asked for, and the plan that answers. */

/** What a cleanup is asked for. */
export interface CleanupRequest {
  /**
   * How much room is wanted; left out, all goes that may go.
   *
   * @default {none: all goes that may go}
   */
  readonly target?: CleanupTarget | undefined;
  /**
   * Which images may go: `"dangling"` are those without a name; `"unused"`
   * adds those that no container uses. Left out, `"unused"` if `target`,
   * `olderThanMs` or `keep` is given.
   *
   * @default {"unused" with target, olderThanMs or keep; else "dangling"}
   */
  readonly images?: "dangling" | "unused" | undefined;
  /**
   * Only images and containers that were not used for so long, in ms.
   *
   * @default {0}
   */
  readonly olderThanMs?: number | undefined;
  /**
   * How many images stay of each repository, the newest first.
   *
   * @default {0}
   */
  readonly keep?: number | undefined;
  /**
   * Which containers go, but never another tool's: `"none"`, the default; or
   * `"vanished"`, those that nobody will remove any more; or `"stopped"`, all
   * that are not mounted and not young, too.
   *
   * @default {"none"}
   */
  readonly containers?: "none" | "vanished" | "stopped" | undefined;
  /**
   * How old unfinished downloads, layers without an image and stopped
   * containers have to be, in milliseconds: younger ones may be of use.
   *
   * @default {86_400_000}
   */
  readonly leftoverAgeMs?: number | undefined;
}

/** How much room there is to be; shares are of the disk, from 0 to 1. */
export type CleanupTarget =
  /** So many bytes are to be free. */
  | { readonly kind: "free"; readonly bytes: number }
  /** Such a share of the disk is to be free. */
  | { readonly kind: "free-share"; readonly share: number }
  /** Nothing is done until `high` is in use; then all goes down to `low`. */
  | { readonly kind: "marks"; readonly high: number; readonly low: number };

/** What to remove, in this order, and what stays though it was asked for. */
export interface CleanupPlan {
  /** What goes. */
  readonly items: readonly CleanupItem[];
  /** What stays, and why. */
  readonly kept: readonly KeptItem[];
  /** How much the target takes, in bytes; undefined without a target. */
  readonly wanted: number | undefined;
  /** How much the items give. */
  readonly bytes: number;
  /** How much of `wanted` they do not give. */
  readonly shortfall: number;
}

/** A class of what can be removed. */
export type CleanupKind =
  | "container"
  | "dangling image"
  | "layer"
  | "leftover"
  | "unused image";

/** Them all, in the order of their removal. */
export const CLEANUP_KINDS: readonly CleanupKind[] = [
  "leftover",
  "layer",
  "container",
  "dangling image",
  "unused image",
];

/** A value for each kind of what can be removed. */
export function forEachKind<Value>(
  valueOf: (kind: CleanupKind) => Value,
): Record<CleanupKind, Value> {
  return {
    "leftover": valueOf("leftover"),
    "layer": valueOf("layer"),
    "container": valueOf("container"),
    "dangling image": valueOf("dangling image"),
    "unused image": valueOf("unused image"),
  };
}

/** One thing to remove. */
export interface CleanupItem {
  /** What it is. */
  readonly kind: CleanupKind;
  /** An ID; of a leftover, its path. */
  readonly id: string;
  /** For people; the ID if it has none. */
  readonly name: string;
  /** Why it may go. */
  readonly reason: string;
  /** What it takes, with its layers. */
  readonly bytes: number;
  /** The IDs of image layers that go with it, topmost first. */
  readonly layers: readonly string[];
}

/** One thing that stays. */
export interface KeptItem {
  /** What it is. */
  readonly kind: CleanupKind;
  /** Its ID; of a leftover, its path. */
  readonly id: string;
  /** For people; the ID if it has none. */
  readonly name: string;
  /** Such as `container "web-1" uses it`. */
  readonly reason: string;
  /** What it takes; layers that other images need do not count. */
  readonly bytes: number;
}
