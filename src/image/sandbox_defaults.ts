/** What keeps containers apart from the host: podman's defaults (4.x, 5.x). */

import type { RuntimeMount } from "../formats/oci/runtime_spec.ts";

/** What of the kernel is hidden. */
export const MASKED_PATHS: readonly string[] = [
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/dev/block",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
  "/sys/fs/selinux",
];

/** What of the kernel cannot be changed. */
export const READONLY_PATHS: readonly string[] = [
  "/proc/asound",
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

/** File systems that programs expect: OCI runtime-spec, config-linux.md. */
export const DEFAULT_MOUNTS: readonly RuntimeMount[] = [
  {
    destination: "/proc",
    type: "proc",
    source: "proc",
    options: ["nosuid", "noexec", "nodev"],
  },
  {
    destination: "/dev",
    type: "tmpfs",
    source: "tmpfs",
    options: ["nosuid", "noexec", "strictatime", "mode=755", "size=65536k"],
  },
  {
    destination: "/dev/pts",
    type: "devpts",
    source: "devpts",
    options: [
      ...["nosuid", "noexec", "newinstance"],
      // 5 is the group `tty` nearly everywhere.
      ...["ptmxmode=0666", "mode=0620", "gid=5"],
    ],
  },
  {
    destination: "/dev/shm",
    type: "tmpfs",
    source: "shm",
    options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
  },
  {
    destination: "/dev/mqueue",
    type: "mqueue",
    source: "mqueue",
    options: ["nosuid", "noexec", "nodev"],
  },
  {
    destination: "/sys",
    type: "sysfs",
    source: "sysfs",
    options: ["nosuid", "noexec", "nodev", "ro"],
  },
  {
    destination: "/sys/fs/cgroup",
    type: "cgroup",
    source: "cgroup",
    options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
  },
];
