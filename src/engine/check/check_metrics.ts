/** Metrics of checks, for monitoring. */

import { gauge, toSeconds, writeMetrics } from "../metrics_file.ts";
import type { CheckStatus } from "./check_status.ts";

/**
 * Writes a file for node_exporter's collector of text files.
 *
 * @param path Its name has to end with `.prom`; it is replaced at once.
 */
export function writeCheckMetrics(path: string, status: CheckStatus): void {
  const { time, depth, durationMs, verified } = status;
  const times = [...verified.values()].map(({ time }) => toSeconds(time));
  writeMetrics(path, [
    gauge(
      "check_last_run_timestamp_seconds",
      "When the last check ended.",
      toSeconds(time),
    ),
    gauge(
      "check_full",
      "Whether the last check read content.",
      depth === "full" ? 1 : 0,
    ),
    gauge(
      "check_duration_seconds",
      "How long the last check took.",
      durationMs / 1000,
    ),
    gauge(
      "check_objects",
      "How many things the last check looked at.",
      status.checked,
    ),
    gauge("check_damaged", "How many faults it found.", status.damaged.length),
    gauge("check_leftovers", "The number of leftovers.", status.leftovers),
    gauge(
      "check_layers_verified",
      "How many layers have had their content read.",
      verified.size,
    ),
    gauge(
      "check_oldest_verified_timestamp_seconds",
      "When that of the layer that waits for longest was read.",
      times.length === 0 ? undefined : Math.min(...times),
    ),
  ]);
}
