/** Pods as JSON. */

import type { PodSummary } from "../runtime/list_containers.ts";
import { containerToJson } from "./container_columns.ts";

/** A pod as JSON, with podman's member names. */
export function podToJson(pod: PodSummary): Record<string, unknown> {
  const metadata = pod.infra?.metadata;
  return {
    Id: pod.id,
    Name: pod.name,
    Namespace: metadata?.namespace ?? "",
    Uid: metadata?.uid ?? "",
    Attempt: metadata?.attempt ?? 0,
    Created: pod.created,
    InfraId: pod.infra?.id ?? "",
    InfraContainerID: pod.infra?.id ?? "",
    NumContainers: pod.members.length + (pod.infra === undefined ? 0 : 1),
    Containers: pod.members.map(containerToJson),
  };
}
