/** Files from which crictl makes pods and containers. */

import type { Node } from "./node.ts";

/** What they are to be like. */
export interface PodRequest {
  readonly name: string;
  readonly image: string;
  /** The node's port that leads to port 80 of the pod. */
  readonly hostPort?: number;
  /**
   * Whether containers see each other's processes, which takes one that holds their
   * namespace.
   *
   * @default {"own", as the kubelet asks for}
   */
  readonly processes?: "own" | "shared";
  /** What the container runs; it ends at once when it is stopped. */
  readonly command?: readonly string[];
}

// Of the CRI's NamespaceMode.
const MODES = { shared: 0, own: 1 } as const;
const UNTIL_STOPPED = [
  ...["sh", "-c"],
  'trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done',
];

/**
 * Writes the files of a pod with one container.
 *
 * @returns Their paths.
 */
export async function podConfigs(
  node: Node,
  { name, image, hostPort, processes = "own", command = UNTIL_STOPPED }:
    PodRequest,
): Promise<{ readonly pod: string; readonly container: string }> {
  const pod = `${node.directory}/tmp/${name}.pod.json`;
  const container = `${node.directory}/tmp/${name}.container.json`;
  const ports = hostPort === undefined
    ? []
    : [{ container_port: 80, host_port: hostPort }];
  const linux = {
    "security_context": { "namespace_options": { pid: MODES[processes] } },
  };
  await write(pod, {
    metadata: { name, namespace: "tests", uid: `uid-of-${name}`, attempt: 0 },
    log_directory: `/var/log/tests/${name}`,
    port_mappings: ports,
    linux,
  });
  await write(container, {
    metadata: { name: "main", attempt: 0 },
    image: { image },
    command,
    log_path: "main.log",
    linux,
  });
  return { pod, container };
}

async function write(path: string, value: unknown): Promise<void> {
  await Deno.writeTextFile(path, JSON.stringify(value));
}
