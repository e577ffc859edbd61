/** The input of a cleanup plan: records, disk and clock, as plain data. */

import type { OrphanKind } from "../../store/recovery/find_orphans.ts";
import type { LayerFact } from "../layer_users.ts";

/** All that a plan is made from. Times are in milliseconds since 1970. */
export interface CleanupFacts {
  /** When these were gathered. */
  readonly now: number;
  readonly disk: DiskSpace;
  /** Faults of the records: if there are any, nothing is removed. */
  readonly faults: readonly string[];
  /** Whether `orlop serve` works on the store: then the kubelet decides. */
  readonly isServed: boolean;
  readonly leftovers: readonly LeftoverFact[];
  readonly layers: readonly LayerFact[];
  readonly images: readonly ImageFact[];
  readonly containers: readonly ContainerFact[];
}

/** The file system that a store is on, in bytes. */
export interface DiskSpace {
  /** Available to all users, not only to root. */
  readonly free: number;
  /** Used or not. */
  readonly total: number;
}

/** A file or directory without a record. */
export interface LeftoverFact {
  readonly kind: OrphanKind;
  readonly path: string;
  readonly bytes: number;
  /** Undefined if it can be removed at any age. */
  readonly changedMs: number | undefined;
  /** What uses it; undefined if nothing does. */
  readonly holder: string | undefined;
}

/** An image. */
export interface ImageFact {
  readonly id: string;
  readonly names: readonly string[];
  /** The IDs of its top layers: one, or several mapped for other users. */
  readonly tops: readonly string[];
  /** Of its config and manifests. */
  readonly bytes: number;
  /** When it was built, as it says itself. */
  readonly createdMs: number;
  readonly lastUsedMs: number;
  /**
   * Whether orlop recorded the last use; if not, other tools may use it without a
   * record.
   */
  readonly isNoted: boolean;
  readonly isPinned: boolean;
  /** If it has no name: the IDs of images that were built on it. */
  readonly children: readonly string[];
  /** What needs it beside containers, such as `a mount`. */
  readonly holder: string | undefined;
}

/** Whether a cleanup may remove a container. */
export type ContainerClass = "active" | "foreign" | "stopped" | "vanished";

/** A container. */
export interface ContainerFact {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly layerId: string;
  /** Of its own layer. */
  readonly bytes: number;
  readonly lastUsedMs: number;
  /**
   * `"foreign"`: another tool's. `"active"`: mounted, or being run. `"vanished"`:
   * the process that would have removed it is gone. `"stopped"`: any other.
   */
  readonly state: ContainerClass;
  /** Of its pod; `""` for another tool's. */
  readonly podId: string;
}
