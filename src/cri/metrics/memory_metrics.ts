/** Metrics of memory. */

import type { Amount } from "../../formats/kernel/cgroup_usage.ts";
import {
  type ContainerFacts,
  counter,
  gauge,
  type MetricDefinition,
  type MetricValue,
} from "./metric.ts";

/** All of them. */
export const MEMORY_METRICS: readonly MetricDefinition<ContainerFacts>[] = [
  gauge(
    "container_memory_cache",
    "Memory that holds contents of files, in bytes.",
    ({ sample }) => sample.usage.memory.cache,
  ),
  counter(
    "container_memory_failcnt",
    "Number of times that memory reached its limit.",
    ({ sample }) => sample.usage.memory.failures,
  ),
  counter(
    "container_memory_failures_total",
    "Cumulative count of page faults.",
    {
      labels: ["failure_type", "scope"],
      valuesOf: ({ sample: { usage: { memory } } }) => [
        ...failures("pgfault", memory.pageFaults),
        ...failures("pgmajfault", memory.majorPageFaults),
      ],
    },
  ),
  gauge(
    "container_memory_kernel_usage",
    "Memory of the kernel, in bytes.",
    ({ sample }) => sample.usage.memory.kernel,
  ),
  gauge(
    "container_memory_mapped_file",
    "Memory that maps files, in bytes.",
    ({ sample }) => sample.usage.memory.mappedFile,
  ),
  gauge(
    "container_memory_max_usage_bytes",
    "Maximum memory that was used, in bytes.",
    ({ sample }) => sample.usage.memory.maxUsage,
  ),
  gauge(
    "container_memory_rss",
    "Memory of processes, in bytes.",
    ({ sample }) => sample.usage.memory.rss,
  ),
  gauge(
    "container_memory_swap",
    "Memory that was swapped out, in bytes.",
    // Without swap it is not counted.
    ({ sample }) => sample.usage.memory.swap ?? 0n,
  ),
  gauge(
    "container_memory_usage_bytes",
    "Memory in use, with all page cache, in bytes.",
    ({ sample }) => sample.usage.memory.usage,
  ),
  gauge(
    "container_memory_working_set_bytes",
    "Memory in use without inactive page cache, in bytes.",
    ({ sample }) => sample.usage.memory.workingSet,
  ),
  counter(
    "container_oom_events_total",
    "Number of processes that were killed for lack of memory.",
    ({ sample }) => sample.usage.memory.oomKills,
  ),
  gauge(
    "container_spec_memory_limit_bytes",
    "Limit of memory in bytes, 0 if there is none.",
    ({ sample }) => sample.usage.memory.limit ?? 0n,
  ),
  gauge(
    "container_spec_memory_reservation_limit_bytes",
    "Memory that is kept for the container in bytes, 0 if none is.",
    ({ sample }) => sample.usage.memory.reservation ?? 0n,
  ),
  gauge(
    "container_spec_memory_swap_limit_bytes",
    "Limit of swap in bytes, 0 if there is none.",
    ({ sample }) => sample.usage.memory.swapLimit ?? 0n,
  ),
];

function failures(kind: string, value: Amount): readonly MetricValue[] {
  return value === undefined ? [] : [{ labels: [kind, "container"], value }];
}
