/** A container or pod among those of a list, by what a person typed. */

import type {
  ContainerSummary,
  PodSummary,
} from "../../engine/containers/list_containers.ts";
import { choose } from "../../store/find_container.ts";

/**
 * Finds a container: by ID, name, ID of its layer, or beginning of its ID.
 *
 * @throws {ContainerNotFoundError} If there is none, or several.
 */
export function findContainer(
  containers: readonly ContainerSummary[],
  text: string,
): ContainerSummary {
  const all = containers.map((container) => ({
    ...{ container, id: container.id, names: container.names },
    layer: container.layerId,
  }));
  return choose(all, text, { kind: "container" }).container;
}

/** Finds a pod, by ID, name, or beginning of its ID. */
export function findPod(
  pods: readonly PodSummary[],
  text: string,
): PodSummary {
  const all = pods.map((pod) => ({ pod, id: pod.id, names: [pod.name] }));
  return choose(all, text, { kind: "pod" }).pod;
}
