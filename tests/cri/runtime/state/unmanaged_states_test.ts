import { assertEquals, assertStrictEquals } from "@std/assert";
import { join } from "@std/path";
import { toJson } from "@bufbuild/protobuf";
import {
  ContainerSchema,
  ContainerState,
  ContainerStatusSchema,
  PodSandboxSchema,
  PodSandboxStatusSchema,
} from "../../../../src/cri/api/api_pb.js";
import {
  containerStatus,
  listContainers,
} from "../../../../src/cri/runtime/containers/list_containers.ts";
import {
  listPodSandbox,
  podSandboxStatus,
} from "../../../../src/cri/runtime/pods/list_pods.ts";
import { toNanoseconds } from "../../../../src/cri/runtime/state/nanoseconds.ts";
import { UnmanagedStates } from "../../../../src/cri/runtime/state/unmanaged_states.ts";
import {
  openRun,
  readLastRun,
} from "../../../../src/engine/containers/last_run.ts";
import { readExit } from "../../../../src/engine/containers/process_exit.ts";
import type { ContainerId } from "../../../../src/formats/storage/store_ids.ts";
import {
  type CriContext,
  criContext,
} from "../../../support/nodes/cri_context.ts";
import { needsThat } from "../../../support/peers.ts";
import { libc } from "../../../support/own_libc.ts";
import { APP, containerOptions } from "../../../support/test_runtime.ts";
import { until } from "../../../support/until.ts";

const { CONTAINER_CREATED, CONTAINER_EXITED, CONTAINER_RUNNING } =
  ContainerState;
const NEVER = {
  ...{ state: CONTAINER_CREATED, startedAtNs: 0n, finishedAtNs: 0n },
  exitCode: 0,
};

/** A container that people made. */
async function make({ test }: CriContext, name: string): Promise<ContainerId> {
  const { id } = await test.runtime.createContainer(
    containerOptions({ containerName: name, metadataName: name, attempt: 2 }),
  );
  return id;
}

/** Begins a run of it. */
async function begin({ test: { agent } }: CriContext, id: ContainerId) {
  const run = await openRun(agent, id, {
    ...{ removal: "never", logPath: undefined, pod: undefined },
  });
  await run.begin();
  return run;
}

/** The runtime knows it from now on. */
async function addState({ test }: CriContext, id: string): Promise<void> {
  const path = join(test.dir.join("run/orlop/runtimes/runc"), id);
  await Deno.mkdir(path, { recursive: true });
}

Deno.test("UnmanagedStates tells states by what runs have left", async (t) => {
  await using node = await criContext();
  const { agent } = node.test;
  const startedAt = (id: ContainerId) =>
    toNanoseconds(readLastRun(agent, id)?.startedAt);
  const finishedAt = (id: ContainerId) =>
    toNanoseconds(readLastRun(agent, id)?.finishedAt);
  const exitedAt = (id: ContainerId) =>
    toNanoseconds(readExit(agent, id)?.finishedAtMs);
  const cases: Readonly<
    Record<string, (id: ContainerId) => Promise<() => Partial<typeof NEVER>>>
  > = {
    "it never ran": () => Promise.resolve(() => ({})),
    async "its runner has recorded its end"(id) {
      using run = await begin(node, id);
      await run.end(3);
      return () => ({
        ...{ state: CONTAINER_EXITED, exitCode: 3 },
        ...{ startedAtNs: startedAt(id), finishedAtNs: finishedAt(id) },
      });
    },
    async "its runner was killed"(id) {
      using _run = await begin(node, id);
      return () => ({
        ...{ state: CONTAINER_EXITED, exitCode: 255 },
        startedAtNs: startedAt(id),
      });
    },
    "conmon has recorded its end"(id) {
      node.end(id, 4);
      return Promise.resolve(() => ({
        ...{ state: CONTAINER_EXITED, exitCode: 4 },
        finishedAtNs: exitedAt(id),
      }));
    },
    async "conmon has, and its runner was killed"(id) {
      using _run = await begin(node, id);
      node.end(id, 0);
      return () => ({
        ...{ state: CONTAINER_EXITED, exitCode: 0 },
        ...{ startedAtNs: startedAt(id), finishedAtNs: exitedAt(id) },
      });
    },
    async "a runtime knows it"(id) {
      await addState(node, id);
      return () => ({ state: CONTAINER_RUNNING });
    },
    async "a runtime knows it, and it has begun"(id) {
      using _run = await begin(node, id);
      await addState(node, id);
      return () => ({
        ...{ state: CONTAINER_RUNNING, startedAtNs: startedAt(id) },
      });
    },
    async "a runtime knows it, though it has ended"(id) {
      await addState(node, id);
      node.end(id, 9);
      return () => ({
        ...{ state: CONTAINER_EXITED, exitCode: 9 },
        finishedAtNs: exitedAt(id),
      });
    },
  };
  for (const [what, prepare] of Object.entries(cases)) {
    await t.step(what, async () => {
      const id = await make(node, what.replaceAll(/\W+/g, "-"));
      const expected = await prepare(id);
      const states = new UnmanagedStates(agent);
      assertEquals(states.of(id), { ...NEVER, ...expected() });
    });
  }
});

Deno.test("UnmanagedStates sees what is being run", {
  ...needsThat(libc !== undefined, "libc cannot be taken"),
}, async () => {
  await using node = await criContext();
  const { agent } = node.test;
  const id = await make(node, "app");
  using _run = await begin(node, id);
  assertEquals(new UnmanagedStates(agent).of(id), {
    ...{ ...NEVER, state: CONTAINER_RUNNING },
    startedAtNs: toNanoseconds(readLastRun(agent, id)?.startedAt),
  });
});

Deno.test("UnmanagedStates keeps states for a short time", async () => {
  await using node = await criContext();
  const { agent } = node.test;
  const id = await make(node, "app");
  const states = new UnmanagedStates(agent);
  const first = states.of(id);
  assertStrictEquals(states.of(id), first);
  node.end(id, 4);
  await until(() => states.of(id).state === CONTAINER_EXITED);
});

Deno.test("what people made is told by its records", async (t) => {
  await using node = await criContext();
  const { context, call, test } = node;
  const id = await make(node, "app");
  const { containers: [known], pods: [pod] } = await context.objects.read();
  const createdAt = `${toNanoseconds(known?.record.created)}`;
  const { imageId } = known?.metadata ?? {};
  const told = {
    ...{ id, createdAt, imageRef: imageId, imageId },
    metadata: { name: "app", attempt: 2 },
    image: { image: APP, userSpecifiedImage: APP },
  };
  const ask = async () => {
    const fresh = { ...context, unmanaged: new UnmanagedStates(test.agent) };
    const { status } = await containerStatus(fresh, {
      $typeName: "runtime.v1.ContainerStatusRequest",
      ...{ containerId: id, verbose: false },
    }, call);
    const { containers } = await listContainers(fresh, {
      $typeName: "runtime.v1.ListContainersRequest",
    }, call);
    const { items } = await listPodSandbox(fresh, {
      $typeName: "runtime.v1.ListPodSandboxRequest",
    }, call);
    const { status: ofPod } = await podSandboxStatus(fresh, {
      $typeName: "runtime.v1.PodSandboxStatusRequest",
      ...{ podSandboxId: "web-pod", verbose: false },
    }, call);
    return {
      status: toJson(ContainerStatusSchema, status),
      containers: containers.map((one) => toJson(ContainerSchema, one)),
      pods: items.map((one) => toJson(PodSandboxSchema, one)),
      pod: ofPod && toJson(PodSandboxStatusSchema, ofPod),
    };
  };
  const listed = { ...told, podSandboxId: "web-pod" };
  const podTold = {
    ...{ id: "web-pod", metadata: { name: "web" } },
    createdAt: `${toNanoseconds(pod?.record.created)}`,
  };
  const podStatus = { network: {}, linux: { namespaces: { options: {} } } };
  const notReady = { ...podTold, state: "SANDBOX_NOTREADY" };
  await t.step("before it runs", async () => {
    assertEquals<unknown>(await ask(), {
      ...{ status: told, containers: [listed], pods: [notReady] },
      pod: { ...notReady, ...podStatus },
    });
  });
  await t.step("while it runs", async () => {
    await addState(node, id);
    const state = "CONTAINER_RUNNING";
    assertEquals<unknown>(await ask(), {
      status: { ...told, state },
      containers: [{ ...listed, state }],
      ...{ pods: [podTold], pod: { ...podTold, ...podStatus } },
    });
  });
  for (const [exitCode, reason] of [[0, "Completed"], [5, "Error"]] as const) {
    await t.step(`when it has ended with ${exitCode}`, async () => {
      node.end(id, exitCode);
      const { finishedAtMs } = readExit(test.agent, id) ?? {};
      const state = "CONTAINER_EXITED";
      assertEquals<unknown>(await ask(), {
        status: {
          ...{ ...told, state, reason },
          ...exitCode !== 0 && { exitCode },
          finishedAt: `${toNanoseconds(finishedAtMs)}`,
        },
        containers: [{ ...listed, state }],
        ...{ pods: [notReady], pod: { ...notReady, ...podStatus } },
      });
    });
  }
});
