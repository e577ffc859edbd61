/**
 * A node of Kubernetes that this process serves: its code is loaded, and its parts
 * can be replaced. It is quicker than a program of its own.
 */

import { serve } from "../../../src/cri/serve.ts";
import type { ServeSettings } from "../../../src/cri/serve_settings.ts";
import { type Log, openAgent } from "../../../src/engine/agent.ts";
import { GrpcClient } from "../grpc_client.ts";
import { addBusybox } from "../monitored_container.ts";
import { libc } from "../own_libc.ts";
import { orlopIn } from "../programs/orlop_program.ts";
import { type TempDir, tempDir } from "../temp_dir.ts";
import { addImage } from "../test_runtime.ts";
import { BUSYBOX, type CriNode, nodeOf, type PodConfig } from "./cri_node.ts";
import type { ServingOrlop } from "./serving_orlop.ts";
import { writeNetwork } from "./test_network.ts";

/** The namespaces of pods that need no network of their own: they are quicker. */
export const HOST_NETWORK: PodConfig = {
  linux: { securityContext: { namespaceOptions: { network: 2, pid: 1 } } },
};

/**
 * Starts it: `await using node = await startNodeHere();`. What its daemon says is
 * the log without debugging, with fields: `info: Stopped pod "a" pod=a`.
 */
export async function startNodeHere(
  settings: Partial<ServeSettings> = {},
): Promise<CriNode> {
  const dir = tempDir("/var/tmp");
  const name = `orlop-test-${crypto.randomUUID().slice(0, 8)}`;
  const networks = { configDirectory: dir.join("net.d") };
  await Deno.mkdir(networks.configDirectory);
  const { prefix: addressPrefix } = writeNetwork(networks.configDirectory, {
    ...{ name, leases: dir.join("leases"), addresses: "IPv4" },
  });
  const { agent } = openHere(dir);
  await addImage(agent, { names: [BUSYBOX], config: { Cmd: ["/bin/sh"] } });
  await addBusybox(agent);
  const start = () => serveHere(dir, { networks, ...settings });
  return nodeOf({
    ...{ dir, orlop: orlopIn(dir.path), network: name, addressPrefix },
    ...{ serve: start, daemon: await start() },
  });
}

function openHere(dir: TempDir) {
  const messages: string[] = [];
  const log: Log = (level, message, fields = {}) => {
    if (level === "debug") return;
    const about = Object.entries(fields).map(([key, value]) =>
      ` ${key}=${value}`
    );
    messages.push(`${level}: ${message}${about.join("")}`);
  };
  const agent = openAgent({
    ...{ root: dir.join("root"), runRoot: dir.join("runroot"), libc, log },
  });
  return { agent, messages, log };
}

/** Serves until it is ended; a signal's kind does not matter. */
async function serveHere(
  dir: TempDir,
  settings: Partial<ServeSettings>,
): Promise<ServingOrlop> {
  const { agent, messages, log } = openHere(dir);
  const socket = dir.join("cri.sock");
  const ending = new AbortController();
  const ready = Promise.withResolvers<void>();
  const serving = serve({
    ...{ agent, libc, log, signal: ending.signal },
    settings: { listen: socket, metricsListen: undefined, ...settings },
    environment: {
      ...{ socket: undefined, watchdogMicroseconds: undefined },
      watchdogPid: undefined,
    },
    onReady: ready.resolve,
  });
  serving.catch(ready.reject);
  await ready.promise;
  const client = new GrpcClient(socket);
  const end = async () => {
    client[Symbol.dispose]();
    ending.abort();
    await serving;
    return 0;
  };
  return {
    ...{ pid: Deno.pid, socket, client, said: messages, end },
    [Symbol.asyncDispose]: async () => void await end(),
  };
}
