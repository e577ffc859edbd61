/**
 * The caller's environment, of which the launcher hides some variables from Deno.
 */

/**
 * The prefix of variables that the launcher hides from Deno and from programs of
 * orlop: PATH, NODE_OPTIONS, HTTPS_PROXY, …
 */
export const KEPT = "ORLOP_ENV_";

/** A variable that the launcher may have hidden; undefined if it is not granted. */
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
