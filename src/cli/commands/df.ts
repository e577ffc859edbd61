/** `orlop df`. */

import {
  type ContainerUsage,
  type ImageUsage,
  measureStore,
  type StoreUsage,
} from "../../runtime/disk_usage.ts";
import type { Call } from "../command.ts";
import { formatSize } from "../human.ts";
import { openSession } from "../open_session.ts";
import { shortId } from "../short_id.ts";
import { showJson } from "../show_list.ts";
import { type Column, tableText } from "../table_text.ts";
import type { Terminal } from "../terminal.ts";
import type { DF } from "../table/store_commands.ts";

/** Shows what uses the disk. */
export async function run(call: Call<typeof DF>): Promise<void> {
  const { flags, terminal, signal } = call;
  using session = openSession(call);
  const usage = await measureStore(session.agent, { signal });
  if (flags.format === "json") return showJson(usage, terminal);
  const isWhole = flags["no-trunc"];
  const width = isWhole ? undefined : terminal.columns;
  terminal.print(tableText(SUMMARY, summarize(usage), { width }));
  if (flags.verbose) showDetails(usage, { isWhole, width, terminal });
  const { free, total } = usage;
  terminal.print(`\nFree: ${formatSize(free)} of ${formatSize(total)}`);
}

interface SummaryRow {
  readonly type: string;
  readonly total: string;
  readonly active: string;
  readonly size: number;
  readonly reclaimable: number;
}

const SUMMARY: readonly Column<SummaryRow>[] = [
  { header: "TYPE", field: "Type", text: ({ type }) => type },
  { header: "TOTAL", field: "Total", text: ({ total }) => total },
  { header: "ACTIVE", field: "Active", text: ({ active }) => active },
  { header: "SIZE", field: "Size", text: ({ size }) => formatSize(size) },
  {
    header: "RECLAIMABLE",
    field: "Reclaimable",
    text: ({ size, reclaimable }) => {
      const share = size > 0 ? Math.round(100 * reclaimable / size) : 0;
      return `${formatSize(reclaimable)} (${share}%)`;
    },
  },
];

function summarize(usage: StoreUsage): SummaryRow[] {
  const { images, containers, layerBytes, reclaimable, leftovers } = usage;
  const used = images.filter((image) => image.containers > 0);
  return [
    {
      type: "Images",
      total: String(images.length),
      active: String(used.length),
      size: layerBytes,
      reclaimable,
    },
    {
      type: "Containers",
      total: String(containers.length),
      active: "",
      size: containers.reduce((sum, { size }) => sum + size, 0),
      reclaimable: 0,
    },
    {
      type: "Leftovers",
      total: "",
      active: "",
      size: leftovers,
      reclaimable: leftovers,
    },
  ];
}

interface DetailOptions {
  readonly isWhole: boolean;
  readonly width: number | undefined;
  readonly terminal: Terminal;
}

function showDetails(
  { images, containers }: StoreUsage,
  { isWhole, width, terminal }: DetailOptions,
): void {
  const id = {
    header: "ID",
    field: "ID",
    text: (row: ImageUsage | ContainerUsage) => shortId(row.id, isWhole),
  };
  const names = {
    header: "NAMES",
    field: "Names",
    text: (row: ImageUsage | ContainerUsage) => row.names.join(",") || "<none>",
    isElastic: true,
  };
  const imageColumns: Column<ImageUsage>[] = [
    names,
    id,
    sizeColumn("SHARED SIZE", ({ shared }) => shared),
    sizeColumn("UNIQUE SIZE", ({ unique }) => unique),
    {
      header: "CONTAINERS",
      field: "Containers",
      text: (image) => String(image.containers),
    },
  ];
  const containerColumns: Column<ContainerUsage>[] = [
    names,
    id,
    sizeColumn("SIZE", ({ size }) => size),
  ];
  terminal.print(`\nImages\n${tableText(imageColumns, images, { width })}`);
  terminal.print(
    `\nContainers\n${tableText(containerColumns, containers, { width })}`,
  );
}

function sizeColumn<Row>(
  header: string,
  sizeOf: (row: Row) => number,
): Column<Row> {
  return { header, field: header, text: (row) => formatSize(sizeOf(row)) };
}
