/** What containers use as lists show it, with podman's names. */

import type { ContainerMeasure } from "../../../engine/processes/measure_container.ts";
import { goDuration } from "./go_duration.ts";
import { shortId } from "../short_id.ts";
import type { Column } from "../table_text.ts";

/** A measure, and the one before, if there is one. */
export interface ContainerUse extends ContainerMeasure {
  readonly before?: ContainerMeasure | undefined;
}

const NS_PER_MS = 1e6;
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** The columns of `orlop stats`. */
export function useColumns(isWhole: boolean): Column<ContainerUse>[] {
  return [
    { header: "ID", field: "ID", text: ({ id }) => shortId(id, isWhole) },
    {
      header: "NAME",
      field: "Name",
      text: ({ name }) => name,
      isElastic: true,
    },
    { header: "CPU %", field: "CPUPerc", text: cpuShare },
    { header: "MEM USAGE / LIMIT", field: "MemUsage", text: memoryUse },
    { header: "MEM %", field: "MemPerc", text: memoryShare },
    { header: "NET IO", field: "NetIO", text: netUse },
    { header: "BLOCK IO", field: "BlockIO", text: diskUse },
    { header: "PIDS", field: "PIDs", text: ({ pids }) => String(pids) },
    {
      header: "CPU TIME",
      field: "CPUTime",
      text: ({ cpuNs }) => goDuration(cpuNs),
    },
    { header: "AVG CPU %", field: "AvgCPU", text: averageShare },
  ];
}

/** As podman's JSON has it. */
export function useToJson(use: ContainerUse): Record<string, unknown> {
  return {
    id: shortId(use.id),
    name: use.name,
    cpu_time: goDuration(use.cpuNs),
    cpu_percent: cpuShare(use),
    avg_cpu: averageShare(use),
    mem_usage: memoryUse(use),
    mem_percent: memoryShare(use),
    net_io: netUse(use),
    block_io: diskUse(use),
    pids: String(use.pids),
  };
}

/** Since the measure before; of the first, since the process began. */
function cpuShare(use: ContainerUse): string {
  const { before, cpuNs, atMs } = use;
  if (before === undefined) return averageShare(use);
  return share(cpuNs - before.cpuNs, (atMs - before.atMs) * NS_PER_MS);
}

function averageShare(
  { cpuNs, atMs, startedAtMs = atMs }: ContainerUse,
): string {
  return share(cpuNs, (atMs - startedAtMs) * NS_PER_MS);
}

function memoryUse({ memoryBytes, memoryLimit }: ContainerUse): string {
  return pair(memoryBytes, memoryLimit);
}

function memoryShare({ memoryBytes, memoryLimit }: ContainerUse): string {
  return share(memoryBytes, memoryLimit);
}

function netUse({ network: { received, sent } }: ContainerUse): string {
  return pair(received, sent);
}

function diskUse({ disk: { read, written } }: ContainerUse): string {
  return pair(read, written);
}

function share(part: number, whole: number): string {
  return `${(whole > 0 ? Math.max(0, part) / whole * 100 : 0).toFixed(2)}%`;
}

/** Four digits, as podman shows sizes here: `663.6kB`. */
function sizeOf(bytes: number): string {
  const power = Math.min(
    Math.floor(Math.log10(Math.max(1, bytes)) / 3),
    UNITS.length - 1,
  );
  return `${Number((bytes / 1000 ** power).toPrecision(4))}${UNITS[power]}`;
}

function pair(one: number, other: number): string {
  return [one, other].map((bytes) =>
    Number.isFinite(bytes) ? sizeOf(bytes) : "-"
  ).join(" / ");
}
