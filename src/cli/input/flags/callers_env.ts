/** The environment as orlop's caller has it, for containers. */

import { KEPT, lookAtEnv } from "../../../process/callers_variable.ts";
import type { OwnEnv } from "./env_flags.ts";

// What the launcher itself has set.
const OWN = /^(ORLOP_(HOME|STDOUT|PROGRAM|HELPERS)$|DENO_)/;

/** As far as the launcher lets orlop see it. */
export const CALLERS_ENV: OwnEnv = {
  get: (name) =>
    lookAtEnv(name === "HOME" ? "ORLOP_HOME" : `${KEPT}${name}`) ??
      (OWN.test(name) ? undefined : lookAtEnv(name)),
  all() {
    const all = Object.entries(Deno.env.toObject());
    const kept = all.filter(([name]) => name.startsWith(KEPT))
      .map(([name, value]) => [name.slice(KEPT.length), value]);
    const others = all.filter(([name]) =>
      !name.startsWith(KEPT) && !OWN.test(name)
    );
    const home = lookAtEnv("ORLOP_HOME");
    return {
      ...Object.fromEntries([...others, ...kept]),
      ...(home === undefined ? {} : { HOME: home }),
    };
  },
};
