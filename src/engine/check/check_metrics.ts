/** What checks find, as metrics for a monitor. */

import { formatGauges } from "../../formats/config/prometheus_text.ts";
import { writeAtomically } from "../../fs/write_atomically.ts";
import type { CheckStatus } from "./check_status.ts";

// The collector of node_exporter is no root.
const FILE_MODE = 0o644;

/**
 * Writes a file for node_exporter's collector of text files.
 *
 * @param path Its name has to end with `.prom`; it is replaced at once.
 */
export function writeCheckMetrics(path: string, status: CheckStatus): void {
  const { time, depth, durationMs, verified } = status;
  const times = [...verified.values()].map(({ time }) => toSeconds(time));
  const gauge = (name: string, help: string, ...values: readonly number[]) => ({
    name: `orlop_check_${name}`,
    help,
    samples: values.map((value) => ({ value })),
  });
  const gauges = [
    gauge(
      "last_run_timestamp_seconds",
      "When the last check ended.",
      toSeconds(time),
    ),
    gauge(
      "full",
      "Whether the last check read content.",
      depth === "full" ? 1 : 0,
    ),
    gauge(
      "duration_seconds",
      "How long the last check took.",
      durationMs / 1000,
    ),
    gauge(
      "objects",
      "How many things the last check looked at.",
      status.checked,
    ),
    gauge("damaged", "How many faults it found.", status.damaged.length),
    gauge("leftovers", "How many things nobody needs.", status.leftovers),
    gauge(
      "layers_verified",
      "How many layers have had their content read.",
      verified.size,
    ),
    gauge(
      "oldest_verified_timestamp_seconds",
      "When that of the layer that waits for longest was read.",
      ...times.length === 0 ? [] : [Math.min(...times)],
    ),
  ];
  writeAtomically(path, formatGauges(gauges), { mode: FILE_MODE });
}

function toSeconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}
