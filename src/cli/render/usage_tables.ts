/** What each image and container takes: the tables of `orlop df -v`. */

import {
  CLEANUP_KINDS,
  type CleanupKind,
} from "../../engine/cleanup/cleanup_plan.ts";
import type {
  ContainerUsage,
  ImageUsage,
  Reclaimable,
  StoreUsage,
} from "../../engine/cleanup/disk_usage.ts";
import { formatSize } from "../../formats/config/byte_size.ts";
import { formatAge } from "./human.ts";
import { splitName } from "./image_rows.ts";
import { shortId } from "./short_id.ts";
import { type Column, tableText } from "./table_text.ts";

/** How to set them. */
export interface UsageTableOptions {
  /** Whether IDs are shown in full. */
  readonly isWhole: boolean;
  /** The terminal's columns; nothing is cut if undefined. */
  readonly width: number | undefined;
}

/** A table below its title. */
export interface TitledTable {
  readonly title: string;
  readonly text: string;
}

/** Sets the tables. */
export function usageTables(
  { images, containers, reclaimable }: StoreUsage,
  options: UsageTableOptions,
): readonly TitledTable[] {
  const { isWhole } = options;
  const kinds = CLEANUP_KINDS.map((kind) => ({ kind, ...reclaimable[kind] }));
  return [
    {
      title: "Images space usage:",
      text: tableText(imageColumns(isWhole), images, options),
    },
    {
      title: "Containers space usage:",
      text: tableText(containerColumns(isWhole), containers, options),
    },
    {
      title: "What orlop gc could free:",
      text: tableText(KIND_COLUMNS, kinds, options),
    },
  ];
}

/** podman's, and what a cleanup goes by. */
function imageColumns(isWhole: boolean): readonly Column<ImageUsage>[] {
  const nameOf = ({ names: [name] }: ImageUsage) =>
    name === undefined
      ? { repository: "<none>", tag: "<none>" }
      : splitName(name);
  return [
    column("REPOSITORY", (image) => nameOf(image).repository, "elastic"),
    column("TAG", (image) => nameOf(image).tag, "elastic"),
    column("IMAGE ID", ({ id }) => shortId(id, isWhole)),
    column("CREATED", ({ created }) => age(created)),
    column("LAST USED", ({ lastUsed }) => age(lastUsed)),
    column("SIZE", ({ shared, unique }) => formatSize(shared + unique)),
    column("SHARED SIZE", ({ shared }) => formatSize(shared)),
    column("UNIQUE SIZE", ({ unique }) => formatSize(unique)),
    column("CONTAINERS", ({ containers }) => String(containers)),
    column("GC", ({ pinned, reclaimable }) => {
      if (pinned) return "pinned";
      return reclaimable ? "reclaimable" : "";
    }),
  ];
}

function containerColumns(
  isWhole: boolean,
): readonly Column<ContainerUsage>[] {
  return [
    column("CONTAINER ID", ({ id }) => shortId(id, isWhole)),
    column("IMAGE", ({ imageId }) => shortId(imageId, isWhole)),
    column("SIZE", ({ size }) => formatSize(size)),
    column("LAST USED", ({ lastUsed }) => age(lastUsed)),
    column("STATUS", ({ state }) => STATES[state]),
    column("NAMES", ({ name }) => name, "elastic"),
  ];
}

const STATES = {
  active: "In use", // mounted, or running
  stopped: "Stopped",
  vanished: "Vanished",
  foreign: "Other tool's",
} as const;

const KIND_COLUMNS: readonly Column<
  Reclaimable & { readonly kind: CleanupKind }
>[] = [
  column("KIND", ({ kind }) => kind),
  column("COUNT", ({ count }) => String(count)),
  column("SIZE", ({ bytes }) => formatSize(bytes)),
];

function age(time: string): string {
  return formatAge(new Date(time));
}

function column<Row>(
  header: string,
  text: (row: Row) => string,
  kind: "elastic" | "fixed" = "fixed",
): Column<Row> {
  return { header, field: header, text, isElastic: kind === "elastic" };
}
