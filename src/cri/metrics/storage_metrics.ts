/** Metrics of disks, and of huge pages. */

import type { DeviceUsage } from "../../formats/kernel/cgroup_usage.ts";
import {
  type ContainerFacts,
  counter,
  type DiskFacts,
  gauge,
  labelled,
  type MetricDefinition,
  type MetricValue,
} from "./metric.ts";

/** All of them. */
export const STORAGE_METRICS: readonly MetricDefinition<ContainerFacts>[] = [
  labelled(
    counter(
      "container_blkio_device_usage_total",
      "Bytes that were read from and written to block devices.",
      () => undefined,
    ),
    ["device", "major", "minor", "operation"],
    ({ sample }) => sample.usage.io.devices.flatMap(operations),
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
  labelled(
    gauge(
      "container_fs_usage_bytes",
      "What the container has written to the file system, in bytes.",
      () => undefined,
    ),
    ["device"],
    ({ layer, disk }) =>
      layer === undefined
        ? []
        : [{ labels: [disk.device], value: BigInt(layer.bytes) }],
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
  labelled(
    gauge(
      "container_hugetlb_max_usage_bytes",
      "Maximum of huge pages that were used, in bytes.",
      () => undefined,
    ),
    ["pagesize"],
    ({ sample }) =>
      sample.usage.hugepages.flatMap(({ pageSize, maxUsage }) =>
        maxUsage === undefined ? [] : [{ labels: [pageSize], value: maxUsage }]
      ),
  ),
  labelled(
    gauge(
      "container_hugetlb_usage_bytes",
      "Huge pages in use, in bytes.",
      () => undefined,
    ),
    ["pagesize"],
    ({ sample }) =>
      sample.usage.hugepages.map(({ pageSize, usage }) => ({
        labels: [pageSize],
        value: usage,
      })),
  ),
];

function onDisk(
  name: string,
  help: string,
  valueOf: (disk: DiskFacts) => bigint,
): MetricDefinition<ContainerFacts> {
  return labelled(
    gauge(name, help, () => undefined),
    ["device"],
    ({ disk }) => [{ labels: [disk.device], value: valueOf(disk) }],
  );
}

function onDevices(
  name: string,
  help: string,
  valueOf: (device: DeviceUsage) => bigint,
): MetricDefinition<ContainerFacts> {
  return labelled(
    counter(name, help, () => undefined),
    ["device"],
    ({ sample }) =>
      sample.usage.io.devices.map((device) => ({
        labels: [nameOf(device)],
        value: valueOf(device),
      })),
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
