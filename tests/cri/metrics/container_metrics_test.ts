import { assert, assertEquals } from "@std/assert";
import { MetricType } from "../../../src/cri/api/api_pb.js";
import {
  CPU_METRICS,
  PRESSURE_METRICS,
  PROCESS_METRICS,
} from "../../../src/cri/metrics/cpu_metrics.ts";
import { MEMORY_METRICS } from "../../../src/cri/metrics/memory_metrics.ts";
import type {
  ContainerFacts,
  MetricDefinition,
} from "../../../src/cri/metrics/metric.ts";
import { NETWORK_METRICS } from "../../../src/cri/metrics/network_metrics.ts";
import { STORAGE_METRICS } from "../../../src/cri/metrics/storage_metrics.ts";
import { USAGE } from "../../support/nodes/cgroup_usage.ts";

const FACTS: ContainerFacts = {
  sample: {
    path: "/a",
    takenAtNs: 61_900_000_000n,
    nanoCores: 5n,
    usage: USAGE,
  },
  startedAtNs: 60_999_999_999n,
  layer: { bytes: 70, inodes: 7, takenAtNs: 1n },
  disk: {
    ...{ device: "/dev/d", totalBytes: 1000n },
    ...{ totalInodes: 100n, freeInodes: 90n },
  },
  files: { descriptors: 8n, sockets: 2n, maxDescriptors: 1024n },
};
/** Of a container of which nobody counts anything. */
const NOTHING: ContainerFacts = {
  ...FACTS,
  sample: {
    ...FACTS.sample,
    usage: {
      cpu: valuesOf(USAGE.cpu),
      memory: valuesOf(USAGE.memory),
      io: { devices: [] },
      hugepages: [],
      processes: { threads: undefined, threadsLimit: undefined, ids: [] },
    },
  },
  layer: undefined,
  files: undefined,
};

/** The same members, all undefined. */
function valuesOf<T extends object>(members: T): T {
  return {
    ...members,
    ...Object.fromEntries(
      Object.keys(members).map((key) => [key, undefined]),
    ),
  };
}

/** Each metric with a value, as `name{labels} value`. */
function show<Facts>(
  definitions: readonly MetricDefinition<Facts>[],
  facts: Facts,
): readonly string[] {
  return definitions.flatMap(({ name, type, labels, valuesOf }) =>
    valuesOf(facts).map(({ labels: values, value }) => {
      assertEquals(values.length, labels.length, name);
      const isCounter = type === MetricType.COUNTER;
      assert(isCounter || type === MetricType.GAUGE);
      const pairs = labels.map((label, at) => `${label}=${values[at]}`);
      const what = name.replace(/^container_/, "");
      return `${isCounter ? "+" : ""}${what}{${pairs.join()}} ${value}`;
    })
  );
}

Deno.test("metrics of processors are in seconds, limits in microseconds", () => {
  assertEquals(show(CPU_METRICS, FACTS), [
    "+cpu_cfs_periods_total{} 4",
    "+cpu_cfs_throttled_periods_total{} 5",
    "+cpu_cfs_throttled_seconds_total{} 6",
    "+cpu_system_seconds_total{} 3",
    "+cpu_usage_seconds_total{cpu=total} 1",
    "+cpu_user_seconds_total{} 2",
    "spec_cpu_period{} 8",
    "spec_cpu_quota{} 7",
    "spec_cpu_shares{} 9",
  ]);
  assertEquals(show(CPU_METRICS, NOTHING), []);
});

Deno.test("metrics of pressure tell of each resource, in seconds", () => {
  assertEquals(show(PRESSURE_METRICS, FACTS), [
    "+pressure_cpu_stalled_seconds_total{} 12",
    "+pressure_cpu_waiting_seconds_total{} 11",
    "+pressure_io_stalled_seconds_total{} 32",
    "+pressure_io_waiting_seconds_total{} 31",
    "+pressure_memory_stalled_seconds_total{} 22",
    "+pressure_memory_waiting_seconds_total{} 21",
  ]);
  assertEquals(show(PRESSURE_METRICS, NOTHING), []);
});

Deno.test("metrics of processes tell of files, threads and times", () => {
  assertEquals(show(PROCESS_METRICS, FACTS), [
    "file_descriptors{} 8",
    "last_seen{} 61",
    "processes{} 3",
    "sockets{} 2",
    "start_time_seconds{} 60",
    "threads{} 51",
    "threads_max{} 52",
    "ulimits_soft{ulimit=max_open_files} 1024",
  ]);
  assertEquals(show(PROCESS_METRICS, NOTHING), [
    "last_seen{} 61",
    "processes{} 0",
    "start_time_seconds{} 60",
    "threads_max{} 0",
  ]);
});

Deno.test("metrics of memory have 0 for what is not limited", () => {
  assertEquals(show(MEMORY_METRICS, FACTS), [
    "memory_cache{} 104",
    "+memory_failcnt{} 114",
    "+memory_failures_total{failure_type=pgfault,scope=container} 112",
    "+memory_failures_total{failure_type=pgmajfault,scope=container} 113",
    "memory_kernel_usage{} 106",
    "memory_mapped_file{} 105",
    "memory_max_usage_bytes{} 107",
    "memory_rss{} 103",
    "memory_swap{} 110",
    "memory_usage_bytes{} 101",
    "memory_working_set_bytes{} 102",
    "+oom_events_total{} 115",
    "spec_memory_limit_bytes{} 108",
    "spec_memory_reservation_limit_bytes{} 109",
    "spec_memory_swap_limit_bytes{} 111",
  ]);
  assertEquals(show(MEMORY_METRICS, NOTHING), [
    "memory_swap{} 0",
    "spec_memory_limit_bytes{} 0",
    "spec_memory_reservation_limit_bytes{} 0",
    "spec_memory_swap_limit_bytes{} 0",
  ]);
});

Deno.test("metrics of storage tell of the disk, and of each device", () => {
  const disk = [
    "fs_inodes_free{device=/dev/d} 90",
    "fs_inodes_total{device=/dev/d} 100",
    "fs_limit_bytes{device=/dev/d} 1000",
  ];
  assertEquals(show(STORAGE_METRICS, FACTS), [
    "+blkio_device_usage_total{device=8:1,major=8,minor=1,operation=Read} 41",
    "+blkio_device_usage_total{device=8:1,major=8,minor=1,operation=Write} 42",
    ...disk,
    "fs_usage_bytes{device=/dev/d} 70",
    "+fs_reads_bytes_total{device=8:1} 41",
    "+fs_reads_total{device=8:1} 43",
    "+fs_writes_bytes_total{device=8:1} 42",
    "+fs_writes_total{device=8:1} 44",
    "hugetlb_max_usage_bytes{pagesize=2MB} 46",
    "hugetlb_usage_bytes{pagesize=2MB} 45",
    "hugetlb_usage_bytes{pagesize=1GB} 47",
  ]);
  assertEquals(show(STORAGE_METRICS, NOTHING), disk);
});

Deno.test("metrics of the network leave the loopback out", () => {
  const traffic = (first: bigint) => ({
    ...{ bytes: first, packets: first + 1n },
    ...{ errors: first + 2n, dropped: first + 3n },
  });
  const interfaces = ["lo", "eth0"].map((name) => ({
    ...{ name, received: traffic(10n), sent: traffic(20n) },
  }));
  assertEquals(show(NETWORK_METRICS, interfaces), [
    "+network_receive_bytes_total{interface=eth0} 10",
    "+network_receive_errors_total{interface=eth0} 12",
    "+network_receive_packets_dropped_total{interface=eth0} 13",
    "+network_receive_packets_total{interface=eth0} 11",
    "+network_transmit_bytes_total{interface=eth0} 20",
    "+network_transmit_errors_total{interface=eth0} 22",
    "+network_transmit_packets_dropped_total{interface=eth0} 23",
    "+network_transmit_packets_total{interface=eth0} 21",
  ]);
});

Deno.test("each metric has a name and a help of its own", () => {
  const all = [
    ...[...CPU_METRICS, ...PRESSURE_METRICS, ...PROCESS_METRICS],
    ...[...MEMORY_METRICS, ...STORAGE_METRICS],
    ...NETWORK_METRICS,
  ];
  for (const key of ["name", "help"] as const) {
    assertEquals(new Set(all.map((one) => one[key])).size, all.length);
  }
});
