/**
 * Serves a node of Kubernetes: CRI v1 on a Unix socket, until it is stopped.
 * Containers continue without it; all state is on the disk.
 */

import type { Agent, Log } from "../engine/agent.ts";
import { whenAborted } from "../errors/abort.ts";
import { claimStore } from "../engine/serving.ts";
import type { Libc } from "../process/libc.ts";
import { ImageService, RuntimeService } from "./api/api_pb.js";
import { GrpcServer } from "./grpc/grpc_server.ts";
import { EmptyingTrash } from "./images/emptying_trash.ts";
import { ImageFileSystems } from "./images/image_file_systems.ts";
import { imageService } from "./images/image_service.ts";
import { SharedPulls } from "./images/shared_pulls.ts";
import { logCall } from "./log_call.ts";
import { serveMetrics } from "./metrics/metrics_server.ts";
import { ServeMetrics } from "./metrics/serve_metrics.ts";
import { refuseDebugger } from "./refuse_debugger.ts";
import { releaseMemory } from "./release_memory.ts";
import { openRuntimeService } from "./runtime/runtime_service.ts";
import type { ServeSettings } from "./serve_settings.ts";
import {
  type NotifyEnvironment,
  openServiceManager,
} from "./service_manager.ts";
import { startStreaming } from "./streaming/start_streaming.ts";

/** Options of the server. */
export interface ServeOptions {
  readonly agent: Agent;
  /** Protects the socket, and notifies systemd. */
  readonly libc: Libc | undefined;
  readonly settings: ServeSettings;
  readonly environment: NotifyEnvironment;
  readonly log: Log;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Called when clients can connect. */
  readonly onReady: () => void;
}

/**
 * Serves until the signal is aborted.
 *
 * @throws {InUseError} If another process serves this store, or listens there.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { agent, libc, settings, environment, log, signal, onReady } = options;
  using _claim = await claimStore(agent, { signal });
  using manager = openServiceManager(libc, environment);
  await using streaming = await startStreaming({ log });
  await using runtime = await openRuntimeService({
    ...{ agent, streaming, settings },
  });
  const metrics = new ServeMetrics();
  await using trash = new EmptyingTrash(agent);
  const fileSystems = new ImageFileSystems(agent, trash);
  const pulls = new SharedPulls(agent, {
    onEvent: (event) => metrics.pulls.add(event),
  });
  await using server = new GrpcServer({
    onEnd(call) {
      metrics.calls.add(call);
      logCall(log, call);
    },
  });
  const { settleContainers } = runtime;
  const images = { agent, pulls, fileSystems, trash, log, settleContainers };
  server.add(ImageService, imageService(images));
  server.add(RuntimeService, runtime.methods);
  await using _shown = settings.metricsListen &&
    await serveMetrics(
      settings.metricsListen,
      () => metrics.read({ pulls, fileSystems }),
    );
  await server.listen(settings.listen, libc);
  using _refused = refuseDebugger(libc);
  using _released = releaseMemory(libc);
  manager.ready(`serving at ${settings.listen}`);
  onReady();
  await whenAborted(signal);
  log("info", "ending; containers go on");
}
