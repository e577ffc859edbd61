/** Containers as lists show them. */

import type { ContainerSummary } from "../runtime/list_containers.ts";
import { formatAge } from "./human.ts";
import { shortId } from "./short_id.ts";
import type { FieldTable } from "./show_list.ts";
import type { Column } from "./table_text.ts";
import { GoTime } from "./template/go_values.ts";

/** Whether a container's root is mounted, in a word. */
export function statusOf({ mountPoint }: ContainerSummary): string {
  return mountPoint === undefined ? "Created" : "Mounted";
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

/** What else templates can show of containers, under podman's names. */
export function containerFields(
  isWhole: boolean,
): FieldTable<ContainerSummary> {
  return {
    ImageID: ({ imageId }) => shortId(imageId, isWhole),
    Pod: ({ metadata }) => shortId(metadata?.podId ?? "", isWhole),
    IsInfra: ({ metadata }) => metadata?.pod ?? false,
    Created: ({ created }) => new GoTime(created),
    CreatedAt: ({ created }) => new GoTime(created),
    RunningFor: ageOf,
    State: (container) => statusOf(container).toLowerCase(),
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
    Status: statusOf(container),
    MountPoint: container.mountPoint ?? "",
    Owner: container.owner,
  };
}
