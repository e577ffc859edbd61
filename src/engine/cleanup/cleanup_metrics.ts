/** Metrics of cleanups, for monitoring. */

import type { Gauge } from "../../formats/config/prometheus_text.ts";
import { gauge, toSeconds, writeMetrics } from "../metrics_file.ts";
import { CLEANUP_KINDS } from "./cleanup_plan.ts";
import type { CleanupStatus } from "./cleanup_status.ts";

/**
 * Writes a file for node_exporter's collector of text files.
 *
 * @param path Its name has to end with `.prom`; it is replaced at once.
 */
export function writeCleanupMetrics(
  path: string,
  status: CleanupStatus,
): void {
  writeMetrics(path, toGauges(status));
}

function toGauges(status: CleanupStatus): readonly Gauge[] {
  const { lastDone, removed, disk } = status;
  return [
    gauge(
      "gc_last_run_timestamp_seconds",
      "When the last cleanup ended.",
      toSeconds(status.time),
    ),
    gauge(
      "gc_last_success_timestamp_seconds",
      "When a cleanup last did all that it was to do.",
      lastDone === undefined ? undefined : toSeconds(lastDone),
    ),
    gauge(
      "gc_success",
      "Whether the last cleanup did all that it was to do.",
      status.outcome === "done" ? 1 : 0,
    ),
    gauge(
      "gc_duration_seconds",
      "How long the last cleanup took.",
      status.durationMs / 1000,
    ),
    gauge(
      "gc_freed_bytes",
      "What the last cleanup removed.",
      status.freedBytes,
    ),
    gauge(
      "gc_shortfall_bytes",
      "By how much the last cleanup missed its target.",
      status.shortfallBytes,
    ),
    {
      name: "orlop_gc_removed",
      help: "How many things the last cleanup removed.",
      samples: CLEANUP_KINDS.map((kind) => ({
        labels: { kind: kind.replace(" ", "_") },
        value: removed[kind],
      })),
    },
    gauge("store_free_bytes", "Free on the store's file system.", disk?.free),
    gauge("store_size_bytes", "Size of the store's file system.", disk?.total),
  ];
}
