/** The environment as orlop's caller has it, for containers. */

import type { OwnEnv } from "./env_flags.ts";

// What the launcher keeps from Deno, and from the programs that orlop starts,
// it hands on under this name: PATH, NODE_OPTIONS, LD_PRELOAD, …
const KEPT = "ORLOP_ENV_";
// What the launcher itself has set.
const OWN = /^(ORLOP_(HOME|STDOUT|PROGRAM|HELPERS)$|DENO_)/;

/** As far as the launcher lets orlop see it. */
export const CALLERS_ENV: OwnEnv = {
  get: (name) =>
    look(name === "HOME" ? "ORLOP_HOME" : `${KEPT}${name}`) ??
      (OWN.test(name) ? undefined : look(name)),
  all() {
    const all = Object.entries(Deno.env.toObject());
    const kept = all.filter(([name]) => name.startsWith(KEPT))
      .map(([name, value]) => [name.slice(KEPT.length), value]);
    const others = all.filter(([name]) =>
      !name.startsWith(KEPT) && !OWN.test(name)
    );
    const home = look("ORLOP_HOME");
    return {
      ...Object.fromEntries([...others, ...kept]),
      ...(home === undefined ? {} : { HOME: home }),
    };
  },
};

/** A variable, which may be empty; undefined if it is not granted, too. */
function look(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    const isOfNoUse = error instanceof Deno.errors.NotCapable ||
      error instanceof TypeError; // no variable can have such a name
    if (isOfNoUse) return undefined;
    throw error;
  }
}
