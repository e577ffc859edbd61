/** How callers of the library open a store. */

import {
  type AgentHandle,
  type AgentOptions,
  handleOf,
  openAgent,
} from "./agent.ts";

/**
 * Opens an agent on a store, which is created if missing, unless `ifMissing` is
 * `"leave"`.
 *
 * @param options Where the store is, and settings.
 * @throws {UnsupportedStoreError} If orlop must not touch the store.
 * @example
 * ```ts
 * import { openAgent } from "orlop";
 * const root = await Deno.makeTempDir();
 * const agent = openAgent({
 *   root,
 *   runRoot: `${root}/run`,
 *   pinnedImages: ["registry.k8s.io/pause*"],
 *   log: (level, message) => console.log(level, message),
 * });
 * ```
 */
export function openHandle(options: AgentOptions): AgentHandle {
  return handleOf(openAgent(options));
}
