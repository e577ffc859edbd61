/** Metrics of the process, with the names of Prometheus's clients. */

import type { Gauge } from "../../formats/config/prometheus_text.ts";

const STARTED_SECONDS = (performance.timeOrigin) / 1000;

/** The resource usage of this process. */
export function readProcessMetrics(): readonly Gauge[] {
  const { rss, heapUsed } = Deno.memoryUsage();
  return [
    {
      name: "process_start_time_seconds",
      help: "When the process started, in seconds since 1970.",
      samples: [{ value: STARTED_SECONDS }],
    },
    {
      name: "process_resident_memory_bytes",
      help: "Memory of the process that is in RAM.",
      samples: [{ value: rss }],
    },
    {
      name: "orlop_heap_bytes",
      help: "Of it, what the program's own objects take.",
      samples: [{ value: heapUsed }],
    },
  ];
}
