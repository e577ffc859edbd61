/** The environment, as far as orlop may read it. */

import { ENVIRONMENT_NAMES } from "../registry/config_paths.ts";

/** The value of a variable; undefined if it is unset, empty or not for us. */
export function readEnv(name: string): string | undefined {
  try {
    // The launcher keeps Deno from the caller's HOME: it has another name.
    const home = name === "HOME" ? Deno.env.get("ORLOP_HOME") : undefined;
    return (home ?? Deno.env.get(name)) || undefined;
  } catch (error) {
    // The launcher grants what orlop needs by name: the rest is as unset.
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

/** The variables that say where the configuration of registries is. */
export function readRegistryEnv(): Record<string, string | undefined> {
  return Object.fromEntries(
    ENVIRONMENT_NAMES.map((name) => [name, readEnv(name)]),
  );
}
