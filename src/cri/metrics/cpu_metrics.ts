/** Metrics of processors, processes, and what waits for them. */

import {
  type ContainerFacts,
  counter,
  gauge,
  type MetricDefinition,
  toSeconds,
} from "./metric.ts";

type Definitions = readonly MetricDefinition<ContainerFacts>[];

/** Of time on processors. */
export const CPU_METRICS: Definitions = [
  counter(
    "container_cpu_cfs_periods_total",
    "Number of elapsed enforcement period intervals.",
    ({ sample }) => sample.usage.cpu.periods,
  ),
  counter(
    "container_cpu_cfs_throttled_periods_total",
    "Number of throttled period intervals.",
    ({ sample }) => sample.usage.cpu.throttledPeriods,
  ),
  counter(
    "container_cpu_cfs_throttled_seconds_total",
    "Total time that the container has been throttled, in seconds.",
    ({ sample }) => toSeconds(sample.usage.cpu.throttledNs),
  ),
  counter(
    "container_cpu_system_seconds_total",
    "Cumulative time on processors in the kernel, in seconds.",
    ({ sample }) => toSeconds(sample.usage.cpu.systemNs),
  ),
  counter(
    "container_cpu_usage_seconds_total",
    "Cumulative time on processors, in seconds.",
    {
      labels: ["cpu"],
      valuesOf: ({ sample }) => {
        const value = toSeconds(sample.usage.cpu.usageNs);
        return value === undefined ? [] : [{ labels: ["total"], value }];
      },
    },
  ),
  counter(
    "container_cpu_user_seconds_total",
    "Cumulative time on processors outside of the kernel, in seconds.",
    ({ sample }) => toSeconds(sample.usage.cpu.userNs),
  ),
  gauge(
    "container_spec_cpu_period",
    "Period of the limit of time on processors, in microseconds.",
    ({ sample }) => sample.usage.cpu.periodUs,
  ),
  gauge(
    "container_spec_cpu_quota",
    "Limit of time on processors in each period, in microseconds.",
    ({ sample }) => sample.usage.cpu.quotaUs,
  ),
  gauge(
    "container_spec_cpu_shares",
    "Share of processors among others, of which 1024 is usual.",
    ({ sample }) => sample.usage.cpu.shares,
  ),
];

/** Of pressure, where the kernel tells it. */
export const PRESSURE_METRICS: Definitions = (["cpu", "io", "memory"] as const)
  .flatMap((resource) => [
    counter(
      `container_pressure_${resource}_stalled_seconds_total`,
      `Total time that all tasks waited for lack of ${resource}, in seconds.`,
      ({ sample }: ContainerFacts) =>
        toSeconds(sample.usage[resource].pressure?.full.totalNs),
    ),
    counter(
      `container_pressure_${resource}_waiting_seconds_total`,
      `Total time that some tasks waited for lack of ${resource}, in seconds.`,
      ({ sample }: ContainerFacts) =>
        toSeconds(sample.usage[resource].pressure?.some.totalNs),
    ),
  ]);

/** Of processes, and what they have open. */
export const PROCESS_METRICS: Definitions = [
  gauge(
    "container_file_descriptors",
    "Number of open file descriptors.",
    ({ files }) => files?.descriptors,
  ),
  gauge(
    "container_last_seen",
    "Last time that the container was seen, in seconds since 1970.",
    ({ sample }) => toSeconds(sample.takenAtNs),
  ),
  gauge(
    "container_processes",
    "Number of processes.",
    ({ sample }) => BigInt(sample.usage.processes.ids.length),
  ),
  gauge(
    "container_sockets",
    "Number of open sockets.",
    ({ files }) => files?.sockets,
  ),
  gauge(
    "container_start_time_seconds",
    "Start time of the container, in seconds since 1970.",
    ({ startedAtNs }) => toSeconds(startedAtNs),
  ),
  gauge(
    "container_threads",
    "Number of threads.",
    ({ sample }) => sample.usage.processes.threads,
  ),
  gauge(
    "container_threads_max",
    "Maximum number of threads, 0 if there is none.",
    ({ sample }) => sample.usage.processes.threadsLimit ?? 0n,
  ),
  gauge(
    "container_ulimits_soft",
    "Soft limits of the first process, where it has any.",
    {
      labels: ["ulimit"],
      valuesOf: ({ files }) =>
        files?.maxDescriptors === undefined
          ? []
          : [{ labels: ["max_open_files"], value: files.maxDescriptors }],
    },
  ),
];
