/** What a cleanup is asked for, and the plan that answers. */

/** What a cleanup is asked for. */
export interface CleanupRequest {
  /** How much room is wanted; left out, all goes that may go. */
  readonly target?: CleanupTarget | undefined;
  /**
   * Which images may go: `"dangling"` are those without a name; `"unused"` adds
   * those that no container uses. Left out, `"unused"` if `target`,
   * `olderThanMs` or `keep` is given.
   */
  readonly images?: "dangling" | "unused" | undefined;
  /** Only images and containers that were not used for so long, in ms. */
  readonly olderThanMs?: number | undefined;
  /** How many images stay of each repository, the newest first. */
  readonly keep?: number | undefined;
  /**
   * Which containers go, but never another tool's: `"none"`, the default; or
   * `"vanished"`, those that nobody will remove any more; or `"stopped"`, all
   * that are not mounted and not young, too.
   */
  readonly containers?: "none" | "vanished" | "stopped" | undefined;
  /**
   * How old unfinished downloads, layers without an image and stopped
   * containers have to be, in milliseconds: younger ones may be of use. A day
   * is the default.
   */
  readonly leftoverAgeMs?: number | undefined;
}

/** How much room there shall be; shares are of the disk, from 0 to 1. */
export type CleanupTarget =
  | { readonly kind: "free"; readonly bytes: number }
  | { readonly kind: "free-share"; readonly share: number }
  /** Nothing is done until `high` is in use; then all goes down to `low`. */
  | { readonly kind: "marks"; readonly high: number; readonly low: number };

/** What to remove, in this order, and what stays though it was asked for. */
export interface CleanupPlan {
  readonly items: readonly CleanupItem[];
  readonly kept: readonly KeptItem[];
  /** How much the target takes, in bytes; undefined without a target. */
  readonly wanted: number | undefined;
  /** How much the items give. */
  readonly bytes: number;
  /** How much of `wanted` they do not give. */
  readonly shortfall: number;
}

/** Classes of what can be removed, in the order of their removal. */
export const CLEANUP_KINDS = [
  "leftover",
  "layer",
  "container",
  "dangling image",
  "unused image",
] as const;

/** One of these classes. */
export type CleanupKind = (typeof CLEANUP_KINDS)[number];

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
  readonly kind: CleanupKind;
  /** An ID; of a leftover, its path. */
  readonly id: string;
  /** For people; the ID if it has none. */
  readonly name: string;
  readonly reason: string;
  readonly bytes: number;
  /** The IDs of image layers that go with it, topmost first. */
  readonly layers: readonly string[];
}

/** One thing that stays. */
export interface KeptItem {
  readonly kind: CleanupKind;
  readonly id: string;
  readonly name: string;
  /** Such as `container "web-1" uses it`. */
  readonly reason: string;
  /** What it takes; layers that other images need do not count. */
  readonly bytes: number;
}
