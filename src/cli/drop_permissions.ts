/** Drops permissions that a command does not need, before it begins. */

import { placesOf } from "../process/find_program.ts";
import { HELPER_PREFIX } from "../registry/auth/helper_prefix.ts";
import {
  type Command,
  KNOWN_HELPERS,
  mayAskHelpers,
  PROGRAMS,
} from "./command.ts";

/**
 * Revokes what the command's `needs` do not name. The launcher does not grant it at
 * all; a compiled program has it at first.
 */
export function dropPermissions({ needs = [] }: Pick<Command, "needs">): void {
  if (!needs.includes("net")) Deno.permissions.revokeSync({ name: "net" });
  const programs = Object.entries(PROGRAMS);
  const kept = new Set<string>(
    programs.filter(([need]) => needs.some((name) => name === need))
      .flatMap(([, names]) => names),
  );
  const asks = mayAskHelpers({ needs });
  if (kept.size === 0 && !asks) {
    Deno.permissions.revokeSync({ name: "run" });
    return;
  }
  const helpers = KNOWN_HELPERS.map((name) => `${HELPER_PREFIX}${name}`);
  const granted = new Set<string>([
    ...programs.flatMap(([, names]) => names),
    ...(asks ? [] : helpers),
  ]);
  revokePrograms([...granted.difference(kept)].flatMap(placesOf));
}

/**
 * Revokes running programs, by their paths; this has no effect if all programs were
 * granted.
 */
export function revokePrograms(paths: readonly string[]): void {
  for (const command of paths) {
    Deno.permissions.revokeSync({ name: "run", command });
  }
}
