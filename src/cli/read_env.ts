/** The environment, as far as orlop may read it. */

/** The value of a variable; undefined if it is unset, empty or not for us. */
export function readEnv(name: string): string | undefined {
  try {
    return Deno.env.get(name) || undefined;
  } catch (error) {
    // The launcher grants what orlop needs by name: the rest is as unset.
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
