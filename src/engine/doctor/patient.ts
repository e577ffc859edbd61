/** What is looked at: a machine, and a store on it. */

import type { Abortable } from "../../errors/abort.ts";
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
export const PROXY_NAMES: readonly string[] = [
  ...["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"],
  ...["ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"],
];
