/** Gives up what a command has no use for, before it begins. */

import { placesOf } from "../process/find_program.ts";
import { HELPER_PREFIX } from "../registry/auth/credential_helper.ts";
import {
  type Command,
  KNOWN_HELPERS,
  KNOWN_PLUGINS,
  mayAskHelpers,
  PLUGIN_FOLDERS,
  PROGRAMS,
} from "./command.ts";

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
  const asks = mayAskHelpers({ needs });
  if (unneeded.length === programs.length && !asks) {
    Deno.permissions.revokeSync({ name: "run" });
    return;
  }
  const kept = new Set<string>(
    programs.filter((program) => !unneeded.includes(program))
      .flatMap(([, names]) => names),
  );
  const helpers = KNOWN_HELPERS.map((name) => `${HELPER_PREFIX}${name}`);
  const names = unneeded.flatMap(([, names]) => [...names])
    .filter((name) => !kept.has(name));
  revokePrograms([...names, ...(asks ? [] : helpers)].flatMap(placesOf));
  if (!needs.includes("sandbox")) revokePrograms(knownPlugins());
}

/** All paths that the usual plugins may have. */
function knownPlugins(): readonly string[] {
  return PLUGIN_FOLDERS.flatMap((folder) =>
    KNOWN_PLUGINS.map((name) => `${folder}/${name}`)
  );
}

/**
 * Gives up running programs, by their paths: that is no use against a grant of all
 * programs.
 */
export function revokePrograms(paths: readonly string[]): void {
  for (const command of paths) {
    Deno.permissions.revokeSync({ name: "run", command });
  }
}
