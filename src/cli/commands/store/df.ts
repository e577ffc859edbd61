/** `orlop df`. */

import type { CleanupKind } from "../../../engine/cleanup/cleanup_plan.ts";
import {
  measureStore,
  type StoreUsage,
} from "../../../engine/cleanup/disk_usage.ts";
import { LEFTOVER_KINDS } from "../../../engine/cleanup/leftovers.ts";
import { sumBytes } from "../../../engine/cleanup/own_layers.ts";
import type { Call } from "../../command.ts";
import { openSession } from "../../open_session.ts";
import { formatSize } from "../../../formats/config/byte_size.ts";
import { sum } from "../../../formats/sum.ts";
import { checkFormat, showJson, showList } from "../../render/show_list.ts";
import { type Column, tableText } from "../../render/table_text.ts";
import { isTemplate } from "../../render/template/read_format.ts";
import { drawBar } from "../../render/usage_bar.ts";
import { usageTables } from "../../render/usage_tables.ts";
import type { DF } from "../../table/store_commands.ts";

/** Shows what uses the disk. */
export async function run(call: Call<typeof DF>): Promise<void> {
  const { flags, terminal, signal } = call;
  checkFormat(flags.format, { plain: "table" }); // measuring takes a while
  using session = openSession(call, { purpose: "read" });
  const usage = await measureStore(session.agent, { signal });
  if (flags.format === "json") return showJson(usage, terminal);
  if (isTemplate(flags.format)) return showRows(summarize(usage), call);
  const isWhole = flags["no-trunc"];
  const { columns } = terminal;
  const width = isWhole ? undefined : columns;
  terminal.print(tableText(SUMMARY, summarize(usage), { width }));
  if (flags.verbose) {
    for (const { title, text } of usageTables(usage, { isWhole, width })) {
      terminal.print(`\n${terminal.paint("bold", title)}\n${text}`);
    }
  }
  const { free, total } = usage.disk;
  terminal.print(`\nFree: ${formatSize(free)} of ${formatSize(total)}`);
  if (columns === undefined) return;
  for (const line of drawUsage(usage, call)) terminal.print(line);
}

function showRows(
  rows: readonly SummaryRow[],
  { flags, terminal }: Call<typeof DF>,
): void {
  const listing = {
    rows,
    columns: SUMMARY,
    fields: {
      RawSize: ({ size }: SummaryRow) => size,
      RawReclaimable: ({ reclaimable }: SummaryRow) => reclaimable,
    },
    json: (rows: readonly SummaryRow[]) => rows,
  };
  showList(listing, flags, terminal);
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
  const { images, containers, imageBytes, containerBytes } = usage;
  const used = images.filter((image) => image.containers > 0);
  const active = containers.filter(({ state }) => state === "active");
  const { unused, stopped, left } = partition(usage);
  const leftCounts = LEFTOVER_KINDS.map((kind) =>
    usage.reclaimable[kind].count
  );
  return [
    {
      type: "Images",
      total: String(images.length),
      active: String(used.length),
      size: imageBytes,
      reclaimable: unused,
    },
    {
      type: "Containers",
      total: String(containers.length),
      active: String(active.length),
      size: containerBytes,
      reclaimable: stopped,
    },
    {
      type: "Leftovers",
      total: String(sum(leftCounts)),
      active: "",
      size: left,
      reclaimable: left,
    },
  ];
}

/** What could be removed, in bytes: images, containers, leftovers. */
function partition({ reclaimable }: StoreUsage) {
  const bytesOf = (...kinds: CleanupKind[]) =>
    sumBytes(kinds.map((kind) => reclaimable[kind]));
  return {
    unused: bytesOf("dangling image", "unused image"),
    stopped: bytesOf("container"),
    left: bytesOf(...LEFTOVER_KINDS),
  };
}

function drawUsage(
  usage: StoreUsage,
  { terminal }: Pick<Call, "terminal">,
): readonly string[] {
  const { columns = 0, paint } = terminal;
  const { imageBytes, containerBytes, disk } = usage;
  const { unused, stopped, left } = partition(usage);
  const own = imageBytes + containerBytes + left;
  return drawBar([
    { label: "in use", bytes: own - unused - stopped - left, fill: "#" },
    {
      label: "reclaimable",
      bytes: unused + stopped + left,
      fill: "+",
      style: "yellow",
    },
    { label: "others", bytes: disk.total - disk.free - own, fill: "=" },
    { label: "free", bytes: disk.free, fill: ".", style: "green" },
  ], { columns, paint });
}
