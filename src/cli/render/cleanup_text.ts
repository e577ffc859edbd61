/** What a cleanup did, in words and as JSON. */

import type {
  CleanupItem,
  CleanupPlan,
  KeptItem,
} from "../../engine/cleanup/cleanup_plan.ts";
import { sumBytes } from "../../engine/cleanup/own_layers.ts";
import type { FailedItem, PruneReport } from "../../engine/cleanup/prune.ts";
import { describeError } from "./describe_error.ts";
import { formatSize } from "../../formats/config/byte_size.ts";
import { shortId } from "./short_id.ts";
import { showOnOneLine } from "../../formats/visible_text.ts";

const GC = { path: ["gc"] };

/** Whether the plan was carried out. */
export interface ReportOptions {
  readonly isDry: boolean;
}

/** What went, a line each, and how much that is; nothing if nothing did. */
export function describeRemoved(
  { plan, removed, disk }: PruneReport,
  { isDry }: ReportOptions,
): readonly string[] {
  const items = isDry ? plan.items : removed;
  if (items.length === 0) return [];
  const freed = formatSize(sumBytes(items));
  const room = plan.wanted === undefined
    ? ""
    : `; ${formatSize(disk.free)} of ${formatSize(disk.total)} are free`;
  return [
    ...items.map((item) =>
      `${isDry ? "Would remove" : "Removed"} ${describeItem(item)}`
    ),
    `${isDry ? "Would free" : "Freed"} ${freed}${room}`,
  ];
}

/** What was to go but did not, and why. */
export function describeProblems(
  { plan, failed, stuck }: PruneReport,
): readonly string[] {
  const failures = [...failed, ...stuck]
    .map((failure) => `orlop: ${describeFailed(failure)}`);
  const { shortfall, wanted = 0, kept } = plan;
  if (shortfall === 0) return failures;
  const holders = kept.toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, MAX_HOLDERS);
  const rest = kept.length - holders.length;
  return [
    ...failures,
    `orlop: Cannot free ${formatSize(wanted)}: ${formatSize(shortfall)} of ` +
    `it ${whereItIs(plan)}`,
    ...holders.map((item) => `  ${describeItem(item)}`),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ];
}

function whereItIs({ kept, shortfall }: CleanupPlan): string {
  if (kept.length === 0) return "is not the store's";
  return sumBytes(kept) < shortfall
    ? "is held, or is not the store's"
    : "is held";
}

// Enough to act on; the JSON has all of them.
const MAX_HOLDERS = 10;

/** One object for a log. */
export function reportToJson(
  { plan, removed, failed, stuck, disk }: PruneReport,
  { isDry }: ReportOptions,
): Record<string, unknown> {
  const items = isDry ? plan.items : removed;
  return {
    time: new Date().toISOString(),
    dryRun: isDry,
    bytes: sumBytes(items),
    ...(plan.wanted !== undefined && {
      wanted: plan.wanted,
      shortfall: plan.shortfall,
    }),
    free: disk.free,
    total: disk.total,
    items,
    kept: plan.kept,
    failed: failed.map(failureToJson),
    stuck: stuck.map(failureToJson),
  };
}

function failureToJson({ item, error }: FailedItem): Record<string, unknown> {
  const { kind, id, name } = item;
  return { kind, id, name, error: describeError(error, GC) };
}

function describeItem({ kind, name, id, bytes, reason }: KeptItem): string {
  const shown = kind !== "leftover" && name === id ? shortId(id) : name;
  return showOnOneLine(`${kind} ${shown} (${formatSize(bytes)}): ${reason}`);
}

function describeFailed({ item, error }: FailedItem): string {
  const { kind, name }: CleanupItem = item;
  return showOnOneLine(
    `Cannot remove ${kind} "${name}": ${describeError(error, GC)}`,
  );
}
