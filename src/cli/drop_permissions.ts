/** Gives up what a command has no use for, before it begins. */

import { placesOf } from "../process/find_program.ts";
import { type Command, PROGRAMS } from "./command.ts";

/**
 * Revokes what the command's `needs` do not name. A launcher that knows the
 * command has not granted it in the first place; a compiled program has.
 */
export function dropPermissions({ needs = [] }: Pick<Command, "needs">): void {
  if (!needs.includes("net")) Deno.permissions.revokeSync({ name: "net" });
  const programs = Object.entries(PROGRAMS);
  const unneeded = programs.filter(([need]) =>
    !needs.some((name) => name === need)
  );
  if (unneeded.length === programs.length) {
    Deno.permissions.revokeSync({ name: "run" });
    return;
  }
  // One by one: that is no use against a grant of all programs.
  for (
    const command of unneeded.flatMap(([, names]) => names.flatMap(placesOf))
  ) {
    Deno.permissions.revokeSync({ name: "run", command });
  }
}
