/** What nobody needs in a store: what crashes, kills and failed pulls left. */

import type { CleanupFacts } from "./cleanup_facts.ts";
import type { CleanupItem, CleanupKind, KeptItem } from "./cleanup_plan.ts";
import { planCleanup } from "./plan_cleanup.ts";

/** The kinds of {@linkcode CleanupItem} that are left over, not just unused. */
export const LEFTOVER_KINDS: readonly CleanupKind[] = ["leftover", "layer"];

/** Leftovers, as a cleanup sees them that is asked for nothing else. */
export interface Leftovers {
  /** They go. */
  readonly removable: readonly CleanupItem[];
  /** They stay, and why. */
  readonly kept: readonly KeptItem[];
}

/** Finds leftovers: the answer of `doctor` is the one of `gc` and of `df`. */
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
