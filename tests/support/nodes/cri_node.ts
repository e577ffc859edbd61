/** A node of Kubernetes: `orlop serve` with an image and a network of its own. */

import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import {
  type ContainerConfigSchema,
  type ContainerStatus,
  type PodSandboxConfigSchema,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import type { GrpcClient } from "../grpc_client.ts";
import { writeBusyboxLayout } from "../images/busybox_layout.ts";
import { needs } from "../peers.ts";
import { orlopIn, type OrlopProgram } from "../programs/orlop_program.ts";
import { serveOrlop, type ServingOrlop } from "./serving_orlop.ts";
import { until } from "../until.ts";
import { type TempDir, tempDir } from "../temp_dir.ts";
import { writeNetwork } from "./test_network.ts";

/** What such tests need. */
export const NODE_NEEDS: { ignore: boolean } = needs(
  ...["root", "conmon", "runc", "ip", "iptables", "nsenter", "unshare"],
  ...["/usr/lib/cni/ptp", "/usr/bin/busybox"],
);

/** The image that is there. */
export const BUSYBOX = "localhost/busybox:1";

/** Shows a container the files of that image. */
export const IMAGE_MOUNT = {
  containerPath: "/image",
  image: { image: BUSYBOX },
  readonly: true,
};

/** What a pod is asked for by. */
export type PodConfig = Plain<typeof PodSandboxConfigSchema>;

/** What a container is asked for by. */
export type ContainerConfig = Plain<typeof ContainerConfigSchema>;

/** No message that was made already, but what to make one of. */
type Plain<Schema extends DescMessage> = Extract<
  MessageInitShape<Schema>,
  { readonly $typeName?: never }
>;

/** A node; at its end nothing is left of it. */
export interface CriNode extends AsyncDisposable {
  readonly dir: TempDir;
  /** Of the daemon that runs now. */
  readonly client: GrpcClient;
  readonly daemon: ServingOrlop;
  /** The name of the network that its pods join. */
  readonly network: string;
  /** What their IPv4 addresses begin with. */
  readonly addressPrefix: string;
  /** The commands, on the node's store. */
  readonly orlop: OrlopProgram;
  /** Kills the daemon, and starts another one. */
  restart(signal?: Deno.Signal): Promise<void>;
  /** Runs a pod. @returns Its ID. */
  runPod(name: string, changes?: PodConfig): Promise<string>;
  /** Creates a container that runs a script. @returns Its ID. */
  create(
    podSandboxId: string,
    name: string,
    options?: { readonly script?: string; readonly changes?: ContainerConfig },
  ): Promise<string>;
  start(containerId: string): Promise<void>;
  status(containerId: string): Promise<ContainerStatus>;
  /** Removes all pods. */
  removeAll(): Promise<void>;
  /** Waits until a container is in a state. */
  waitFor(containerId: string, state: number): Promise<ContainerStatus>;
}

/** Starts a node: `await using node = await startNode();`. */
export async function startNode(): Promise<CriNode> {
  const dir = tempDir("/var/tmp");
  const orlop = orlopIn(dir.path);
  const layout = dir.join("layout");
  await writeBusyboxLayout(layout);
  const { code, err } = await orlop("pull", `oci:${layout}`);
  if (code !== 0) throw new Error(err);
  const { out } = await orlop("images", "-q");
  await orlop("tag", out.trim(), BUSYBOX);
  await Deno.mkdir(dir.join("net.d"));
  const name = `orlop-test-${crypto.randomUUID().slice(0, 8)}`;
  const { prefix: addressPrefix } = writeNetwork(dir.join("net.d"), {
    ...{ name, leases: dir.join("leases") },
    // Those of IPv6 take their time until they can be used.
    addresses: "IPv4",
  });
  const serve = () =>
    serveOrlop(dir.path, ["--cni-conf-dir", dir.join("net.d")]);
  return nodeOf({
    ...{ dir, orlop, network: name, addressPrefix },
    ...{ serve, daemon: await serve() },
  });
}

/** A node of parts. */
export function nodeOf(parts: NodeParts): CriNode {
  return new Node(parts);
}

const { method } = RuntimeService;

/** What a node is made of. */
export interface NodeParts
  extends Pick<CriNode, "dir" | "orlop" | "network" | "addressPrefix"> {
  readonly serve: () => Promise<ServingOrlop>;
  readonly daemon: ServingOrlop;
}

class Node implements CriNode {
  readonly dir: TempDir;
  readonly orlop: OrlopProgram;
  readonly network: string;
  readonly addressPrefix: string;
  readonly #serve: () => Promise<ServingOrlop>;
  daemon: ServingOrlop;

  constructor(
    { dir, orlop, network, addressPrefix, serve, daemon }: NodeParts,
  ) {
    this.dir = dir;
    this.orlop = orlop;
    this.network = network;
    this.addressPrefix = addressPrefix;
    this.#serve = serve;
    this.daemon = daemon;
  }

  get client(): GrpcClient {
    return this.daemon.client;
  }

  async restart(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    await this.daemon.end(signal);
    this.daemon = await this.#serve();
  }

  async runPod(name: string, changes: PodConfig = {}): Promise<string> {
    const config = podConfig(name, {
      logDirectory: this.dir.join("logs", name),
      ...changes,
    });
    const { podSandboxId } = await this.client.call(method.runPodSandbox, {
      config,
    });
    return podSandboxId;
  }

  async create(
    podSandboxId: string,
    name: string,
    { script = "sleep 1000", changes = {} }: {
      readonly script?: string;
      readonly changes?: ContainerConfig;
    } = {},
  ): Promise<string> {
    const { containerId } = await this.client.call(method.createContainer, {
      podSandboxId,
      config: containerConfig(name, script, changes),
    });
    return containerId;
  }

  async start(containerId: string): Promise<void> {
    await this.client.call(method.startContainer, { containerId });
  }

  async status(containerId: string): Promise<ContainerStatus> {
    const { status } = await this.client.call(method.containerStatus, {
      containerId,
    });
    if (status === undefined) throw new Error("There is no status");
    return status;
  }

  async waitFor(
    containerId: string,
    state: number,
  ): Promise<ContainerStatus> {
    let status = await this.status(containerId);
    await until(async () => {
      status = await this.status(containerId);
      return status.state === state;
    });
    return status;
  }

  async removeAll(): Promise<void> {
    const { items } = await this.client.call(method.listPodSandbox, {});
    for (const { id } of items) {
      await this.client.call(method.removePodSandbox, { podSandboxId: id });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.removeAll();
    await this.daemon.end("SIGTERM");
    this.dir[Symbol.dispose]();
  }
}

/** A pod as a kubelet asks for it. */
export function podConfig(name: string, changes: PodConfig = {}): PodConfig {
  return {
    metadata: { name, uid: `uid-${name}`, namespace: "tests", attempt: 0 },
    hostname: name,
    labels: { app: name },
    annotations: { note: `of ${name}` },
    linux: { securityContext: { namespaceOptions: { pid: 1 } } },
    ...changes,
  };
}

/** A container as a kubelet asks for it. */
export function containerConfig(
  name: string,
  script: string,
  changes: ContainerConfig = {},
): ContainerConfig {
  return {
    metadata: { name, attempt: 0 },
    image: { image: BUSYBOX },
    command: ["/bin/sh", "-c", script],
    labels: { part: name },
    logPath: `${name}/0.log`,
    linux: { securityContext: { namespaceOptions: { pid: 1 } } },
    ...changes,
  };
}
