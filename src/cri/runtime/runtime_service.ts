/** RuntimeService of Kubernetes' CRI v1: its methods and background tasks. */

import { isInTime } from "../../errors/abort.ts";
import type { Agent } from "../../engine/agent.ts";
import type { RuntimeService } from "../api/api_pb.js";
import type { CallContext, ServiceMethods } from "../grpc/service_methods.ts";
import {
  listMetricDescriptors,
  listPodSandboxMetrics,
  streamPodSandboxMetrics,
} from "../metrics/pod_metrics.ts";
import {
  containerStats,
  listContainerStats,
  streamContainerStats,
} from "../stats/container_stats.ts";
import {
  listPodSandboxStats,
  podSandboxStats,
  streamPodSandboxStats,
} from "../stats/pod_stats.ts";
import type { StreamingServer } from "../streaming/streaming_server.ts";
import { createContainer } from "./containers/create_container.ts";
import { execSync } from "./containers/exec_sync.ts";
import {
  containerStatus,
  listContainers,
  streamContainers,
} from "./containers/list_containers.ts";
import { onExit } from "./containers/note_exit.ts";
import { removeContainer } from "./containers/remove_container.ts";
import { reopenContainerLog } from "./containers/reopen_log.ts";
import { startContainer } from "./containers/start_container.ts";
import { stopContainer } from "./containers/stop_container.ts";
import { attach, exec } from "./containers/streams.ts";
import {
  updateContainerResources,
  updatePodSandboxResources,
} from "./containers/update_container.ts";
import { watchMonitors } from "./containers/watch_monitors.ts";
import { getContainerEvents } from "./events.ts";
import { removePodSandbox, stopPodSandbox } from "./pods/end_pod.ts";
import {
  listPodSandbox,
  podSandboxStatus,
  streamPodSandboxes,
} from "./pods/list_pods.ts";
import { portForward } from "./pods/port_forward.ts";
import { runPodSandbox } from "./pods/run_pod.ts";
import { recover } from "./recover.ts";
import {
  makeContext,
  type RuntimeContext,
  type RuntimeJobs,
  type RuntimeSettings,
} from "./runtime_context.ts";
import {
  runtimeConfig,
  status,
  updateRuntimeConfig,
  version,
} from "./status.ts";

/** Options of RuntimeService. */
export interface RuntimeServiceOptions {
  readonly agent: Agent;
  /** What gives out URLs of streams. */
  readonly streaming: StreamingServer;
  readonly settings: RuntimeSettings;
}

/** RuntimeService while it is served. */
export interface OpenRuntimeService extends AsyncDisposable {
  /** For `GrpcServer.add()`. */
  readonly methods: ServiceMethods<typeof RuntimeService>;
  /** Waits for running removals of containers. */
  readonly settleContainers: () => Promise<void>;
}

/**
 * Recovers the store, then watches its containers. Only one process may do so.
 *
 * @returns To be disposed of after the last call: disposing waits for running
 *   changes.
 */
export async function openRuntimeService(
  { agent, streaming, settings }: RuntimeServiceOptions,
): Promise<OpenRuntimeService> {
  const context = makeContext({ agent, settings, streaming });
  const { exits, stats } = context;
  await recover(context);
  const ending = new AbortController();
  const { signal } = ending;
  const watches = Promise.all([
    exits.watch((id) => void onExit(context, id), { signal }),
    watchMonitors(context, { signal }),
  ]);
  return {
    methods: bindMethods(context),
    settleContainers: () => context.removals.settle(),
    async [Symbol.asyncDispose]() {
      await settle(context.jobs);
      ending.abort();
      await stats[Symbol.asyncDispose]();
      await watches;
    },
  };
}

/** Waits for running jobs, up to a limit. */
async function settle({ making, changing }: RuntimeJobs): Promise<void> {
  const all = Promise.all([making.settle(), changing.settle()]);
  await isInTime(all, PATIENCE_MS);
}

// Shorter than systemd's limit; the next start recovers interrupted jobs.
const PATIENCE_MS = 15_000;

function bindMethods(
  context: RuntimeContext,
): ServiceMethods<typeof RuntimeService> {
  const bind = <Q, A>(
    method: (context: RuntimeContext, request: Q, call: CallContext) => A,
  ) =>
  (request: Q, call: CallContext) => method(context, request, call);
  return {
    version,
    status: bind(status),
    runtimeConfig: bind(runtimeConfig),
    updateRuntimeConfig: bind(updateRuntimeConfig),
    runPodSandbox: bind(runPodSandbox),
    stopPodSandbox: bind(stopPodSandbox),
    removePodSandbox: bind(removePodSandbox),
    podSandboxStatus: bind(podSandboxStatus),
    listPodSandbox: bind(listPodSandbox),
    streamPodSandboxes: bind(streamPodSandboxes),
    createContainer: bind(createContainer),
    startContainer: bind(startContainer),
    stopContainer: bind(stopContainer),
    removeContainer: bind(removeContainer),
    listContainers: bind(listContainers),
    streamContainers: bind(streamContainers),
    containerStatus: bind(containerStatus),
    updateContainerResources: bind(updateContainerResources),
    updatePodSandboxResources: bind(updatePodSandboxResources),
    execSync: bind(execSync),
    exec: bind(exec),
    attach: bind(attach),
    reopenContainerLog: bind(reopenContainerLog),
    portForward: bind(portForward),
    containerStats: bind(containerStats),
    listContainerStats: bind(listContainerStats),
    streamContainerStats: bind(streamContainerStats),
    podSandboxStats: bind(podSandboxStats),
    listPodSandboxStats: bind(listPodSandboxStats),
    streamPodSandboxStats: bind(streamPodSandboxStats),
    listMetricDescriptors,
    listPodSandboxMetrics: bind(listPodSandboxMetrics),
    streamPodSandboxMetrics: bind(streamPodSandboxMetrics),
    getContainerEvents: bind(getContainerEvents),
  };
}
