import { assertEquals } from "@std/assert";
import {
  type ContainerEventResponse,
  ContainerEventType,
  ContainerState,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import { assertCode, CODE, listAll } from "../../support/nodes/cri_answers.ts";
import { NODE_NEEDS, podConfig } from "../../support/nodes/cri_node.ts";
import { startNodeHere } from "../../support/nodes/node_here.ts";
import { until } from "../../support/until.ts";

const { method } = RuntimeService;
const { CONTAINER_EXITED } = ContainerState;

Deno.test(
  "RuntimeService lists what a filter lets through",
  NODE_NEEDS,
  async () => {
    await using node = await startNodeHere();
    const [one, two] = [await node.runPod("one"), await node.runPod("two")];
    const a = await node.create(one, "a");
    const b = await node.create(two, "b");
    await node.start(b);
    await node.client.call(method.stopPodSandbox, { podSandboxId: one });
    const pods = async (filter: Record<string, unknown>) => {
      const { items } = await node.client.call(method.listPodSandbox, {
        filter,
      });
      return items.map(({ id }) => id);
    };
    const containers = async (filter: Record<string, unknown>) => {
      const { containers } = await node.client.call(method.listContainers, {
        filter,
      });
      return containers.map(({ id }) => id);
    };
    assertEquals(await pods({ id: one.slice(0, 10) }), [one]);
    assertEquals(await pods({ labelSelector: { app: "two" } }), [two]);
    assertEquals(await pods({ labelSelector: { constructor: "" } }), []);
    assertEquals(await pods({ state: { state: 0 } }), [two]);
    assertEquals(await containers({ podSandboxId: one }), [a]);
    assertEquals(await containers({ state: { state: 1 } }), [b]);
    assertEquals(await containers({ id: b, labelSelector: { part: "a" } }), []);
    const parts = await Array.fromAsync(
      node.client.stream(method.streamContainers, {}),
    );
    assertEquals(
      parts.flatMap((part) => part.containers.map(({ id }) => id)),
      [a, b],
    );
  },
);

Deno.test("RuntimeService tells events", NODE_NEEDS, async () => {
  await using node = await startNodeHere();
  const abort = new AbortController();
  const events: ContainerEventResponse[] = [];
  const stream = node.client.stream(method.getContainerEvents, {}, abort);
  const listening = (async () => {
    for await (const event of stream) events.push(event);
  })().catch(() => {});
  // What was asked for before is begun when this is answered.
  await node.client.call(method.version, {});
  const pod = await node.runPod("told");
  const id = await node.create(pod, "app", { script: "exit 0" });
  await node.start(id);
  await node.waitFor(id, CONTAINER_EXITED);
  await node.client.call(method.removePodSandbox, { podSandboxId: pod });
  const {
    CONTAINER_CREATED_EVENT,
    CONTAINER_STARTED_EVENT,
    CONTAINER_STOPPED_EVENT,
    CONTAINER_DELETED_EVENT,
  } = ContainerEventType;
  const told = (of: string) =>
    events.filter(({ containerId }) => containerId === of)
      .map(({ containerEventType }) => containerEventType);
  await until(() => told(pod).includes(CONTAINER_DELETED_EVENT));
  abort.abort();
  await listening;
  const all = [
    CONTAINER_CREATED_EVENT,
    CONTAINER_STARTED_EVENT,
    CONTAINER_STOPPED_EVENT,
    CONTAINER_DELETED_EVENT,
  ];
  assertEquals(told(id), all);
  assertEquals(told(pod), all);
  const stopped = events.find(({ containerId, containerEventType }) =>
    containerId === id && containerEventType === CONTAINER_STOPPED_EVENT
  );
  assertEquals(stopped?.containersStatuses.at(0)?.reason, "Completed");
  assertEquals(stopped?.podSandboxStatus?.id, pod);
});

Deno.test(
  "RuntimeService refuses contradictory requests",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const { client } = node;
    const pod = await node.runPod("good");
    const huge = "x".repeat(1024 * 1024);
    const configs = {
      "no metadata": {},
      "no name": { ...podConfig("a"), metadata: { name: "" } },
      "a huge name": podConfig(huge),
      "a NUL": podConfig("a\0b"),
      "a log directory that goes up": {
        ...podConfig("a"),
        logDirectory: "/var/log/../../etc",
      },
      "a log directory that is not absolute": {
        ...podConfig("a"),
        logDirectory: "logs",
      },
      "an unknown port": {
        ...podConfig("a"),
        portMappings: [{ containerPort: 70000, hostPort: 1 }],
      },
    };
    for (const [name, config] of Object.entries(configs)) {
      await t.step(`a pod with ${name}`, async () => {
        await assertCode(
          CODE.invalid,
          () => client.call(method.runPodSandbox, { config }),
        );
      });
    }
    const containers = {
      "a log that goes up": { logPath: "../../../etc/passwd" },
      "an absolute log": { logPath: "/etc/passwd" },
      "no image": { image: { image: "" } },
      "no name": { metadata: { name: "" } },
      "a NUL in its name": { metadata: { name: "a\0" } },
    };
    for (const [name, changes] of Object.entries(containers)) {
      await t.step(`a container with ${name}`, async () => {
        await assertCode(
          CODE.invalid,
          () => node.create(pod, "bad", { changes }),
        );
      });
    }
    for (const id of ["", "..", "../../etc", "a\0", huge, pod.slice(0, 2)]) {
      await t.step(`the ID ${JSON.stringify(id).slice(0, 20)}`, async () => {
        await assertCode(CODE.notFound, () => node.status(id));
        await assertCode(
          CODE.notFound,
          () => client.call(method.podSandboxStatus, { podSandboxId: id }),
        );
        await client.call(method.removeContainer, { containerId: id });
        await client.call(method.stopPodSandbox, { podSandboxId: id });
      });
    }
    assertEquals(await listAll(node), { pods: [pod], containers: [] });
  },
);
