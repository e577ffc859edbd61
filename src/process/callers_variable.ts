/** The environment as it was before the launcher kept some of it from Deno. */

/**
 * What the launcher keeps from Deno, and from the programs that orlop starts, it
 * hands on under names that begin so: PATH, NODE_OPTIONS, HTTPS_PROXY, …
 */
export const KEPT = "ORLOP_ENV_";

/** A variable that the launcher may have kept; undefined if it is not granted. */
export function callersVariable(name: string): string | undefined {
  return lookAtEnv(`${KEPT}${name}`) ?? lookAtEnv(name);
}

/** A variable, which may be empty; undefined if it is not granted, too. */
export function lookAtEnv(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    const isOfNoUse = error instanceof Deno.errors.NotCapable ||
      error instanceof TypeError; // no variable can have such a name
    if (isOfNoUse) return undefined;
    throw error;
  }
}
