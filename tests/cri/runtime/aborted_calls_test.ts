import {
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { assertRejects, assertStrictEquals } from "@std/assert";
import { ContainerState, RuntimeService } from "../../../src/cri/api/api_pb.js";
import type { CallContext } from "../../../src/cri/grpc/service_methods.ts";
import { listPodSandboxMetrics } from "../../../src/cri/metrics/pod_metrics.ts";
import { execSync } from "../../../src/cri/runtime/containers/exec_sync.ts";
import {
  containerStatus,
  listContainers,
  streamContainers,
} from "../../../src/cri/runtime/containers/list_containers.ts";
import { createContainer } from "../../../src/cri/runtime/containers/create_container.ts";
import { removeContainer } from "../../../src/cri/runtime/containers/remove_container.ts";
import { reopenContainerLog } from "../../../src/cri/runtime/containers/reopen_log.ts";
import { startContainer } from "../../../src/cri/runtime/containers/start_container.ts";
import { stopContainer } from "../../../src/cri/runtime/containers/stop_container.ts";
import { attach, exec } from "../../../src/cri/runtime/containers/streams.ts";
import {
  updateContainerResources,
  updatePodSandboxResources,
} from "../../../src/cri/runtime/containers/update_container.ts";
import {
  removePodSandbox,
  stopPodSandbox,
} from "../../../src/cri/runtime/pods/end_pod.ts";
import {
  listPodSandbox,
  podSandboxStatus,
  streamPodSandboxes,
} from "../../../src/cri/runtime/pods/list_pods.ts";
import { portForward } from "../../../src/cri/runtime/pods/port_forward.ts";
import { runPodSandbox } from "../../../src/cri/runtime/pods/run_pod.ts";
import type { RuntimeContext } from "../../../src/cri/runtime/runtime_context.ts";
import { KnownObjects } from "../../../src/cri/runtime/state/known_objects.ts";
import {
  containerStats,
  listContainerStats,
  streamContainerStats,
} from "../../../src/cri/stats/container_stats.ts";
import {
  listPodSandboxStats,
  podSandboxStats,
  streamPodSandboxStats,
} from "../../../src/cri/stats/pod_stats.ts";
import { criContext, makePodReady } from "../../support/nodes/cri_context.ts";

const { method } = RuntimeService;

type Call = (context: RuntimeContext, call: CallContext) => Promise<unknown>;

/** A call with a request. */
function unary<Input extends DescMessage>(
  { input }: { readonly input: Input },
  run: (
    context: RuntimeContext,
    request: MessageShape<Input>,
    call: CallContext,
  ) => Promise<unknown>,
  request: MessageInitShape<Input>,
): Call {
  return (context, call) => run(context, create(input, request), call);
}

/** The same for a call with a stream of responses. */
function streaming<Input extends DescMessage>(
  { input }: { readonly input: Input },
  run: (
    context: RuntimeContext,
    request: MessageShape<Input>,
    call: CallContext,
  ) => AsyncIterable<unknown>,
): Call {
  return (context, call) => Array.fromAsync(run(context, create(input), call));
}

const containerId = "none";
const podSandboxId = "none";
const cmd = ["true"];
const CALLS: Readonly<Record<string, Call>> = {
  startContainer: unary(method.startContainer, startContainer, { containerId }),
  stopContainer: unary(method.stopContainer, stopContainer, { containerId }),
  removeContainer: unary(method.removeContainer, removeContainer, {
    containerId,
  }),
  containerStatus: unary(method.containerStatus, containerStatus, {
    containerId,
  }),
  listContainers: unary(method.listContainers, listContainers, {}),
  streamContainers: streaming(method.streamContainers, streamContainers),
  createContainer: unary(method.createContainer, createContainer, {
    podSandboxId,
    config: { metadata: { name: "a" }, image: { image: "a" } },
  }),
  execSync: unary(method.execSync, execSync, { containerId, cmd }),
  exec: unary(method.exec, exec, { containerId, cmd, stdout: true }),
  attach: unary(method.attach, attach, { containerId, stdout: true }),
  reopenContainerLog: unary(method.reopenContainerLog, reopenContainerLog, {
    containerId,
  }),
  updateContainerResources: unary(
    method.updateContainerResources,
    updateContainerResources,
    { containerId },
  ),
  updatePodSandboxResources: unary(
    method.updatePodSandboxResources,
    updatePodSandboxResources,
    { podSandboxId },
  ),
  runPodSandbox: unary(method.runPodSandbox, runPodSandbox, {
    config: { metadata: { name: "a" } },
  }),
  stopPodSandbox: unary(method.stopPodSandbox, stopPodSandbox, {
    podSandboxId,
  }),
  removePodSandbox: unary(method.removePodSandbox, removePodSandbox, {
    podSandboxId,
  }),
  podSandboxStatus: unary(method.podSandboxStatus, podSandboxStatus, {
    podSandboxId,
  }),
  listPodSandbox: unary(method.listPodSandbox, listPodSandbox, {}),
  streamPodSandboxes: streaming(method.streamPodSandboxes, streamPodSandboxes),
  portForward: unary(method.portForward, portForward, { podSandboxId }),
  containerStats: unary(method.containerStats, containerStats, {
    containerId,
  }),
  listContainerStats: unary(method.listContainerStats, listContainerStats, {}),
  streamContainerStats: streaming(
    method.streamContainerStats,
    streamContainerStats,
  ),
  podSandboxStats: unary(method.podSandboxStats, podSandboxStats, {
    podSandboxId,
  }),
  listPodSandboxStats: unary(
    method.listPodSandboxStats,
    listPodSandboxStats,
    {},
  ),
  streamPodSandboxStats: streaming(
    method.streamPodSandboxStats,
    streamPodSandboxStats,
  ),
  listPodSandboxMetrics: unary(
    method.listPodSandboxMetrics,
    listPodSandboxMetrics,
    {},
  ),
};

Deno.test("calls that were ended do not wait for the store", async (t) => {
  await using node = await criContext();
  const { agent } = node.test;
  const reason = new Error("the client has gone");
  const call = { signal: AbortSignal.abort(reason), deadlineMs: undefined };
  for (const [name, run] of Object.entries(CALLS)) {
    await t.step(name, async () => {
      // It has read nothing, so the call needs the lock.
      const objects = new KnownObjects(agent);
      const error = await assertRejects(() =>
        run({ ...node.context, objects }, call)
      );
      assertStrictEquals(error, reason);
    });
  }
});

Deno.test("calls whose client goes leave their work to the server", async (t) => {
  await using node = await criContext();
  const { context } = node;
  await makePodReady(node);
  const pod = "web-pod";
  const { CONTAINER_CREATED, CONTAINER_EXITED, CONTAINER_RUNNING } =
    ContainerState;
  const cases: Readonly<
    Record<string, readonly [ContainerState, (id: string) => Call, "pod"?]>
  > = {
    startContainer: [
      CONTAINER_EXITED,
      (containerId) =>
        unary(method.startContainer, startContainer, { containerId }),
    ],
    stopContainer: [
      CONTAINER_CREATED,
      (containerId) =>
        unary(method.stopContainer, stopContainer, { containerId }),
    ],
    removeContainer: [
      CONTAINER_EXITED,
      (containerId) =>
        unary(method.removeContainer, removeContainer, { containerId }),
    ],
    updateContainerResources: [
      CONTAINER_RUNNING,
      (containerId) =>
        unary(method.updateContainerResources, updateContainerResources, {
          ...{ containerId, linux: { cpuShares: 2n } },
        }),
    ],
    createContainer: [
      CONTAINER_EXITED,
      () =>
        unary(method.createContainer, createContainer, {
          podSandboxId: pod,
          config: { metadata: { name: "a" }, image: { image: "nope:1" } },
        }),
      "pod",
    ],
    stopPodSandbox: [
      CONTAINER_EXITED,
      () => unary(method.stopPodSandbox, stopPodSandbox, { podSandboxId: pod }),
      "pod",
    ],
    removePodSandbox: [
      CONTAINER_EXITED,
      () =>
        unary(method.removePodSandbox, removePodSandbox, { podSandboxId: pod }),
      "pod",
    ],
  };
  for (const [name, [state, callOf, ofPod]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const id = await node.make(name, { state });
      const stop = new AbortController();
      const reason = new Error("the client has gone");
      {
        using _turn = await context.turns.take(ofPod ? pod : id, "alone");
        const answer = callOf(id)(context, {
          ...{ signal: stop.signal, deadlineMs: undefined },
        });
        stop.abort(reason);
        assertStrictEquals(await assertRejects(() => answer), reason);
      }
      await context.jobs.changing.settle();
      await context.jobs.making.settle();
      await context.removals.settle();
    });
  }
});
