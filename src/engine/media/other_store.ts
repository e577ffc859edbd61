/** The store of a reference: the agent's own, or the one in brackets. */

import { UnsupportedStoreError } from "../../errors/store_errors.ts";
import type { StoreReference } from "../../formats/oci/transport_reference.ts";
import { type Agent, openAgent } from "../agent.ts";

/** How to open the store. */
export interface OpenStoreOfOptions {
  /** `"write"` creates a missing store. */
  readonly purpose: "read" | "write";
}

// The default of containers/storage.
const DEFAULT_RUN_ROOT = "/run/containers/storage";

/**
 * Opens the store that `containers-storage:[driver@root+runroot]NAME` means.
 *
 * @throws {UnsupportedStoreError} If orlop must not touch it.
 */
export function openStoreOf(
  agent: Agent,
  { store }: StoreReference,
  { purpose }: OpenStoreOfOptions,
): Agent {
  if (store?.root === undefined) return agent;
  const { driver = "overlay", root, runRoot = DEFAULT_RUN_ROOT } = store;
  if (driver !== "overlay") {
    throw new UnsupportedStoreError(
      `Cannot open store "${root}": its driver is "${driver}"; only ` +
        '"overlay" is supported',
    );
  }
  const { paths, libc } = agent.store;
  if (root === paths.root) return agent;
  return openAgent({
    ...agent,
    ...{ root, runRoot, libc, purpose },
    ifMissing: purpose === "write" ? "make" : "leave",
  });
}
