/** Metrics for monitoring, in a file for node_exporter's textfile collector. */

import { formatGauges, type Gauge } from "../formats/config/prometheus_text.ts";
import { writeAtomically } from "../fs/write_atomically.ts";

// node_exporter does not run as root.
const FILE_MODE = 0o644;

/** @param path Its name has to end with `.prom`; it is replaced at once. */
export function writeMetrics(path: string, gauges: readonly Gauge[]): void {
  writeAtomically(path, formatGauges(gauges), { mode: FILE_MODE });
}

/** A gauge of orlop; one without a value is omitted. */
export function gauge(
  name: string,
  help: string,
  value: number | undefined,
): Gauge {
  return {
    name: `orlop_${name}`,
    help,
    samples: value === undefined ? [] : [{ value }],
  };
}

/** A time as Prometheus has it: whole seconds since 1970, of RFC 3339. */
export function toSeconds(time: string): number {
  return Math.floor(Date.parse(time) / 1000);
}
