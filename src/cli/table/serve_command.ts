/** The table's part about serving Kubernetes. */

import type { Command } from "../command.ts";

/** `orlop serve`. */
export const SERVE = {
  name: "serve",
  summary: "Serve a Kubernetes node: CRI v1 on a Unix socket",
  description: [
    "Runs until it is told to end, by SIGTERM or Ctrl-C. Containers do not " +
    "notice: they go on, and the next orlop serve knows them. Other commands " +
    "work on the same store meanwhile.",
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
      help: "The socket, for its owner and root alone; " +
        "unix:///run/orlop/cri.sock if left out",
    },
    "cni-conf-dir": {
      type: "text",
      value: "DIR",
      completes: "file",
      help: "Where networks are described; /etc/cni/net.d if left out",
    },
    "cni-bin-dir": {
      type: "text",
      value: "DIR[:DIR...]",
      completes: "file",
      help: "Where CNI plugins are; /opt/cni/bin:/usr/lib/cni:" +
        "/usr/libexec/cni if left out",
    },
    runtime: {
      type: "text",
      value: "NAME|PATH",
      completes: "file",
      help: "The OCI runtime, instead of the first of runc and crun",
    },
    "cgroup-manager": {
      type: "text",
      value: "MANAGER",
      choices: ["cgroupfs", "systemd"],
      help: "What makes cgroups, as the kubelet has it; cgroupfs if left out",
    },
    "metrics-listen": {
      type: "text",
      value: "HOST:PORT",
      help: "Show metrics to Prometheus, at an address of loopback",
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
