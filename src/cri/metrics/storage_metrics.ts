/** Metrics of disks, and of huge pages. */

import type { DeviceUsage } from "../../formats/kernel/cgroup_usage.ts";
import {
  type ContainerFacts,
  counter,
  type DiskFacts,
  gauge,
  type MetricDefinition,
  type MetricValue,
} from "./metric.ts";

/** All of them. */
export const STORAGE_METRICS: readonly MetricDefinition<ContainerFacts>[] = [
  counter(
    "container_blkio_device_usage_total",
    "Bytes that were read from and written to block devices.",
    {
      labels: ["device", "major", "minor", "operation"],
      valuesOf: ({ sample }) => sample.usage.io.devices.flatMap(operations),
    },
  ),
  onDisk(
    "container_fs_inodes_free",
    "Number of free inodes of the file system.",
    ({ freeInodes }) => freeInodes,
  ),
  onDisk(
    "container_fs_inodes_total",
    "Number of inodes of the file system.",
    ({ totalInodes }) => totalInodes,
  ),
  onDisk(
    "container_fs_limit_bytes",
    "Size of the file system, in bytes.",
    ({ totalBytes }) => totalBytes,
  ),
  gauge(
    "container_fs_usage_bytes",
    "What the container has written to the file system, in bytes.",
    {
      labels: ["device"],
      valuesOf: ({ layer, disk }) =>
        layer === undefined
          ? []
          : [{ labels: [disk.device], value: BigInt(layer.bytes) }],
    },
  ),
  onDevices(
    "container_fs_reads_bytes_total",
    "Cumulative count of bytes that were read.",
    ({ readBytes }) => readBytes,
  ),
  onDevices(
    "container_fs_reads_total",
    "Cumulative count of reads.",
    ({ reads }) => reads,
  ),
  onDevices(
    "container_fs_writes_bytes_total",
    "Cumulative count of bytes that were written.",
    ({ writtenBytes }) => writtenBytes,
  ),
  onDevices(
    "container_fs_writes_total",
    "Cumulative count of writes.",
    ({ writes }) => writes,
  ),
  gauge(
    "container_hugetlb_max_usage_bytes",
    "Maximum of huge pages that were used, in bytes.",
    {
      labels: ["pagesize"],
      valuesOf: ({ sample }) =>
        sample.usage.hugepages.flatMap(({ pageSize, maxUsage }) =>
          maxUsage === undefined
            ? []
            : [{ labels: [pageSize], value: maxUsage }]
        ),
    },
  ),
  gauge(
    "container_hugetlb_usage_bytes",
    "Huge pages in use, in bytes.",
    {
      labels: ["pagesize"],
      valuesOf: ({ sample }) =>
        sample.usage.hugepages.map(({ pageSize, usage }) => ({
          labels: [pageSize],
          value: usage,
        })),
    },
  ),
];

function onDisk(
  name: string,
  help: string,
  valueOf: (disk: DiskFacts) => bigint,
): MetricDefinition<ContainerFacts> {
  return gauge(
    name,
    help,
    {
      labels: ["device"],
      valuesOf: ({ disk }) => [{ labels: [disk.device], value: valueOf(disk) }],
    },
  );
}

function onDevices(
  name: string,
  help: string,
  valueOf: (device: DeviceUsage) => bigint,
): MetricDefinition<ContainerFacts> {
  return counter(
    name,
    help,
    {
      labels: ["device"],
      valuesOf: ({ sample }) =>
        sample.usage.io.devices.map((device) => ({
          labels: [nameOf(device)],
          value: valueOf(device),
        })),
    },
  );
}

function operations(device: DeviceUsage): readonly MetricValue[] {
  const { major, minor, readBytes, writtenBytes } = device;
  const labels = [nameOf(device), String(major), String(minor)];
  return [
    { labels: [...labels, "Read"], value: readBytes },
    { labels: [...labels, "Write"], value: writtenBytes },
  ];
}

function nameOf({ major, minor }: DeviceUsage): string {
  return `${major}:${minor}`;
}
