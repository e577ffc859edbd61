/** What is looked at: a machine, and a store on it. */

import type { Abortable } from "../../errors/abort.ts";
import { PROXY_NAMES } from "../../registry/proxy/proxy_rules.ts";
import type { Libc } from "../../process/libc.ts";

/** What to look at. */
export interface Patient extends Abortable {
  /** The graph root: absolute. */
  readonly root: string;
  /** The run root: absolute. */
  readonly runRoot: string;
  /** From `takeLibc()`, if it could be had. */
  readonly libc: Libc | undefined;
  /** The environment, as far as it may be read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The variables of {@linkcode Patient.env} that matter. */
export const PATIENT_ENV: readonly string[] = PROXY_NAMES;
