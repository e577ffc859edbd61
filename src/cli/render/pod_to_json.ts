/** Pods as JSON. */

import type { ContainerState } from "../../engine/containers/container_status.ts";
import type { PodSummary } from "../../engine/containers/list_containers.ts";
import { containerToJson, statusOf } from "./container_columns.ts";

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
    Status: podStatus(pod),
    InfraId: pod.infra?.id ?? "",
    InfraContainerID: pod.infra?.id ?? "",
    NumContainers: pod.members.length + (pod.infra === undefined ? 0 : 1),
    Containers: pod.members.map(containerToJson),
  };
}

/** As podman has it, of the containers that do something. */
export function podStatus({ infra, members }: PodSummary): string {
  const states = members.map(({ state }) => state);
  const isAll = (state: ContainerState) =>
    states.length > 0 && states.every((each) => each === state);
  if (isAll("running")) return "Running";
  if (states.includes("running")) return "Degraded";
  if (isAll("exited")) return "Exited";
  // Its infra container may have been removed by another tool.
  return infra === undefined ? "No infra" : statusOf(infra);
}
