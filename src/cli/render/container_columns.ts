/** Containers as lists show them. */

import type { ContainerStatus } from "../../engine/containers/container_status.ts";
import type { ContainerSummary } from "../../engine/containers/list_containers.ts";
import type { RuntimeSpec } from "../../formats/oci/runtime_spec.ts";
import { labelsOf, mountsOf } from "./describe_spec.ts";
import { formatAge } from "./human.ts";
import { shortId } from "./short_id.ts";
import type { FieldTable } from "./show_list.ts";
import type { Column } from "./table_text.ts";
import { GoTime } from "./template/go_values.ts";

/** What a container does, in podman's words: `Up 5 seconds`. */
export function statusOf(
  { state, startedAt, finishedAt, exitCode }: ContainerStatus,
): string {
  switch (state) {
    case "running":
      return startedAt === undefined ? "Up" : `Up ${formatSince(startedAt)}`;
    case "exited": {
      const code = `Exited (${exitCode ?? "unknown"})`;
      if (finishedAt === undefined) return code;
      return `${code} ${formatAge(new Date(finishedAt))}`;
    }
    case "created":
    case "mounted":
    case "starting":
    case "paused":
    case "removing":
    case "storage":
      return state.slice(0, 1).toUpperCase() + state.slice(1);
  }
}

function formatSince(time: string): string {
  return formatAge(new Date(time)).replace(/ ago$/, "");
}

/** The image's name, or its ID if its owner did not note the name. */
export function imageOf({ imageName, imageId }: ContainerSummary): string {
  return imageName || shortId(imageId);
}

/** The columns of `orlop ps`. */
export function containerColumns(
  { isWhole, hasOwner }: { isWhole: boolean; hasOwner: boolean },
): Column<ContainerSummary>[] {
  const columns: Column<ContainerSummary>[] = [
    {
      header: "CONTAINER ID",
      field: "ID",
      text: ({ id }) => shortId(id, isWhole),
    },
    { header: "IMAGE", field: "Image", text: imageOf, isElastic: true },
    {
      header: "POD",
      field: "PodName",
      text: ({ metadata }) => metadata?.podName ?? "",
      isElastic: true,
    },
    {
      header: "CREATED",
      field: "CreatedHuman",
      text: ageOf,
    },
    { header: "STATUS", field: "Status", text: statusOf },
    { header: "OWNER", field: "Owner", text: ({ owner }) => owner },
    {
      header: "NAMES",
      field: "Names",
      text: ({ names }) => names.join(","),
      isElastic: true,
    },
  ];
  return columns.filter(({ field }) => hasOwner || field !== "Owner");
}

/** Reads a container's template; undefined if there is none that is sound. */
export type ReadSpec = (container: ContainerSummary) => RuntimeSpec | undefined;

/** What else templates can show of containers, under podman's names. */
export function containerFields(
  isWhole: boolean,
  readSpec: ReadSpec,
): FieldTable<ContainerSummary> {
  return {
    Command: (container) =>
      (readSpec(container)?.process?.args ?? []).join(" "),
    Labels: (container) => labelsOf(readSpec(container)),
    Mounts: (container) =>
      mountsOf(readSpec(container)).map(({ Destination }) => Destination)
        .join(","),
    // orlop makes no networks.
    Networks: () => "",
    Ports: () => "",
    ImageID: ({ imageId }) => shortId(imageId, isWhole),
    Pod: ({ metadata }) => shortId(metadata?.podId ?? "", isWhole),
    IsInfra: ({ metadata }) => metadata?.pod ?? false,
    Created: ({ created }) => new GoTime(created),
    CreatedAt: ({ created }) => new GoTime(created),
    RunningFor: ageOf,
    State: ({ state }) => state,
    Pid: ({ pid }) => pid ?? 0,
    ExitCode: ({ exitCode }) => exitCode ?? "",
    Exited: ({ state }) => state === "exited",
    StartedAt: ({ startedAt }) => new GoTime(startedAt ?? ""),
    FinishedAt: ({ finishedAt }) => new GoTime(finishedAt ?? ""),
    Layer: ({ layerId }) => layerId,
    MountPoint: ({ mountPoint = "" }) => mountPoint,
  };
}

/** podman's headings, where they are not a field's name in capitals. */
export const CONTAINER_HEADINGS = {
  ImageID: "IMAGE ID",
  Pod: "POD ID",
  PodName: "PODNAME",
  IsInfra: "IS INFRA",
} as const;

function ageOf({ created }: ContainerSummary): string {
  return formatAge(new Date(created));
}

/** A container as JSON, with podman's member names. */
export function containerToJson(
  container: ContainerSummary,
): Record<string, unknown> {
  const { metadata } = container;
  return {
    Id: container.id,
    Names: container.names,
    Image: container.imageName,
    ImageID: container.imageId,
    Layer: container.layerId,
    Pod: metadata?.podId ?? "",
    PodName: metadata?.podName ?? "",
    IsInfra: metadata?.pod ?? false,
    CreatedAt: container.created,
    Created: Math.floor(Date.parse(container.created) / 1000),
    State: container.state,
    Status: statusOf(container),
    Pid: container.pid ?? 0,
    ExitCode: container.exitCode ?? null,
    StartedAt: container.startedAt ?? null,
    FinishedAt: container.finishedAt ?? null,
    MountPoint: container.mountPoint ?? "",
    Owner: container.owner,
  };
}
