/** The request for a cleanup, and its plan. */

/** What to clean up. */
export interface CleanupRequest {
  /**
   * How much space to free; if omitted, all that can be removed.
   *
   * @default {none: all that can be removed}
   */
  readonly target?: CleanupTarget | undefined;
  /**
   * Which images are removed: `"dangling"` are those without a name; `"unused"`
   * adds those that no container uses. If omitted, `"unused"` if `target`,
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
   * Which containers are removed, but never another tool's: `"none"`, the default;
   * `"vanished"`, those whose process is gone that would have removed them;
   * `"stopped"`, also all that are not mounted and old enough.
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

/** How much space is to be free; shares are of the disk, from 0 to 1. */
export type CleanupTarget =
  /** This number of bytes is to be free. */
  | { readonly kind: "free"; readonly bytes: number }
  /** This share of the disk is to be free. */
  | { readonly kind: "free-share"; readonly share: number }
  /** If `high` is in use, remove until `low` is in use. */
  | { readonly kind: "marks"; readonly high: number; readonly low: number };

/** What to remove, in this order, and what is kept although it was requested. */
export interface CleanupPlan {
  /** What is removed. */
  readonly items: readonly CleanupItem[];
  /** What is kept, and why. */
  readonly kept: readonly KeptItem[];
  /**
   * How much must be freed for the target, in bytes; undefined without a target.
   */
  readonly wanted: number | undefined;
  /** How much the items free, in bytes. */
  readonly bytes: number;
  /** How much of `wanted` they do not free. */
  readonly shortfall: number;
}

/** The kinds of what can be removed. */
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
  /** Why it can be removed. */
  readonly reason: string;
  /** Its size, with its layers. */
  readonly bytes: number;
  /** The IDs of image layers that are removed with it, topmost first. */
  readonly layers: readonly string[];
}

/** One object that is kept. */
export interface KeptItem {
  /** What it is. */
  readonly kind: CleanupKind;
  /** Its ID; of a leftover, its path. */
  readonly id: string;
  /** For people; the ID if it has none. */
  readonly name: string;
  /** Such as `container "web-1" uses it`. */
  readonly reason: string;
  /** Its size, without layers that other images need. */
  readonly bytes: number;
}
