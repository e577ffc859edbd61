/** The table's part about serving Kubernetes. */

import type { Command } from "../command.ts";

/** `orlop serve`. */
export const SERVE = {
  name: "serve",
  summary: "Serve a Kubernetes node: CRI v1 on a Unix socket",
  description: [
    "Runs until SIGTERM or Ctrl-C. Containers continue to run, and " +
    "the next orlop serve manages them again. Other commands can " +
    "use the same store meanwhile.",
    "Give the kubelet --container-runtime-endpoint, or only " +
    "--image-service-endpoint. The settings may stand in the configuration " +
    "file, below [serve].",
  ],
  section: "Pods and containers",
  needs: [
    ...["net", "mount", "tar", "runtime", "monitor", "network", "sandbox"],
  ],
  flags: {
    listen: {
      type: "text",
      value: "unix:///PATH",
      completes: "file",
      help: "The socket, for its owner and root only; by default " +
        "unix:///run/orlop/cri.sock",
    },
    "cni-conf-dir": {
      type: "text",
      value: "DIR",
      completes: "file",
      help: "The directory of CNI networks; by default /etc/cni/net.d",
    },
    "cni-bin-dir": {
      type: "text",
      value: "DIR[:DIR...]",
      completes: "file",
      help: "The directories of CNI plugins; by default " +
        "/opt/cni/bin:/usr/lib/cni:/usr/libexec/cni",
    },
    runtime: {
      type: "text",
      value: "NAME|PATH",
      completes: "file",
      help: "The OCI runtime; by default runc, or crun",
    },
    "cgroup-manager": {
      type: "text",
      value: "MANAGER",
      choices: ["cgroupfs", "systemd"],
      help: "The cgroup manager, the same as the kubelet's; by default " +
        "cgroupfs",
    },
    "metrics-listen": {
      type: "text",
      value: "HOST:PORT",
      help: "Serve metrics for Prometheus, at a loopback address",
    },
  },
  examples: [
    { line: "orlop serve", does: "Serve at unix:///run/orlop/cri.sock" },
    {
      line: "orlop serve --log-format json --metrics-listen 127.0.0.1:9537",
      does: "With logs and metrics for programs",
    },
  ],
} as const satisfies Command;
