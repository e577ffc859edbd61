/** The network of a pod that is there, for a container that joins it. */

import type { Agent } from "../../engine/agent.ts";
import { findState } from "../../engine/sandboxes/attachment_note.ts";
import {
  namespacesOf,
  placesOf,
} from "../../engine/sandboxes/sandbox_places.ts";
import { parseContainerId } from "../../formats/storage/store_ids.ts";
import { isThere } from "../../fs/if_there.ts";
import { UsageError } from "../usage_error.ts";

/**
 * The network namespace of a pod that is there; undefined if it has none of its own.
 *
 * @throws {UsageError} If it was stopped.
 */
export function networkOfPod(
  agent: Agent,
  { podId, podName }: { readonly podId: string; readonly podName: string },
): string | undefined {
  const id = parseContainerId(podId);
  const { paths, libc } = agent.store;
  const request = findState(agent, id)?.request;
  if (request === undefined) return undefined;
  const { network } = namespacesOf(placesOf(paths, id), request);
  if (network === undefined || isThere(network, libc)) return network;
  throw new UsageError(
    `Cannot use pod "${podName}": it was stopped, and has no network any more`,
  );
}
