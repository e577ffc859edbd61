/** Containers as lists show them. */

import type { ContainerSummary } from "../runtime/list_containers.ts";
import { formatAge } from "./human.ts";
import { shortId } from "./short_id.ts";
import type { Column } from "./table_text.ts";

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
      field: "Pod",
      text: ({ metadata }) => metadata?.podName ?? "",
      isElastic: true,
    },
    {
      header: "CREATED",
      field: "Created",
      text: ({ created }) => formatAge(new Date(created)),
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
