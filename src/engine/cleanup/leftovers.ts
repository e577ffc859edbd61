/** Leftovers in a store: of crashes, kills and failed pulls. */

import type { CleanupFacts } from "./cleanup_facts.ts";
import type { CleanupItem, CleanupKind, KeptItem } from "./cleanup_plan.ts";
import { planCleanup } from "./plan_cleanup.ts";

/** The kinds of {@linkcode CleanupItem} that are left over, not just unused. */
export const LEFTOVER_KINDS: readonly CleanupKind[] = ["leftover", "layer"];

/** The leftovers that a cleanup without options removes or keeps. */
export interface Leftovers {
  /** Those that are removed. */
  readonly removable: readonly CleanupItem[];
  /** Those that are kept, and why. */
  readonly kept: readonly KeptItem[];
}

/** Finds leftovers, in the same way for `doctor`, `gc` and `df`. */
export function findLeftovers(facts: CleanupFacts): Leftovers {
  const { items, kept } = planCleanup(facts);
  return {
    removable: items.filter(isLeftover),
    kept: kept.filter(isLeftover),
  };
}

function isLeftover({ kind }: { readonly kind: CleanupKind }): boolean {
  return LEFTOVER_KINDS.includes(kind);
}
