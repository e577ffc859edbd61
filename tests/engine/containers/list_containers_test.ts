import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  findInfra,
  findPod,
  listContainers,
  listMembers,
  listPods,
} from "../../../src/engine/containers/list_containers.ts";
import {
  findOwnPod,
  findWithPod,
} from "../../../src/engine/containers/own_pod.ts";
import { startContainer } from "../../../src/engine/containers/start_container.ts";
import {
  AmbiguousIdError,
  ContainerNotFoundError,
} from "../../../src/errors/not_found_errors.ts";
import { workDirectory } from "../../../src/store/paths.ts";
import {
  APP,
  containerOptions,
  podOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

/** The pod "web" with "server" and "other", the pod "webs", and a stray one. */
async function subject() {
  const test = await testPod();
  const { runtime } = test;
  const make = async (containerName: string, changes = {}) =>
    (await runtime.createContainer(
      containerOptions({ containerName, ...changes }),
    )).id;
  const server = await make("server");
  const other = await make("other");
  await runtime.createPodSandbox(
    podOptions({
      ...{ podName: "webs", podId: "web-pod-2", containerName: "webs-infra" },
    }),
  );
  const stray = await make("stray", {
    ...{ podName: "gone", podId: "gone-pod", pod: "unchecked" },
  });
  return { ...test, server, other, stray };
}

async function setOwner({ agent }: TestRuntime, owner: string): Promise<void> {
  const directory = workDirectory(agent.store.paths, "web-pod" as never);
  const text = JSON.stringify({ owner, removal: "at-end" });
  await Deno.writeTextFile(`${directory}/run.json`, text);
}

Deno.test("listContainers() tells all of each container", async () => {
  using test = await subject();
  const { agent, server, other, stray, imageId } = test;
  await startContainer(agent, server);
  const all = await listContainers(agent);
  assertEquals(all.map(({ id }) => `${id}`), [
    ...["web-pod", server, other, "web-pod-2", stray],
  ]);
  const { metadata, layerId, created, mountPoint, ...found } = all[1] ?? {};
  assert(layerId !== undefined && Date.parse(created ?? "") > 0);
  const home = agent.store.paths.home;
  assertEquals(mountPoint, `${home}/${layerId}/merged`);
  assertEquals(
    found,
    {
      ...{ id: server, names: ["server"], imageId, imageName: APP },
      ...{ owner: "orlop", state: "mounted", pid: undefined },
      ...{ exitCode: undefined, startedAt: undefined, finishedAt: undefined },
    } as unknown as typeof found,
  );
  assertEquals(
    [metadata?.podId, metadata?.podName, metadata?.name],
    ["web-pod", "web", "server"],
  );
  assert(!metadata?.pod);
  assertEquals(
    all.map(({ mountPoint, state }) => [mountPoint !== undefined, state]),
    [
      ...[[false, "created"], [true, "mounted"], [false, "created"]],
      ...[[false, "created"], [false, "created"]],
    ] as [boolean, "created" | "mounted"][],
  );
  const signal = AbortSignal.abort("enough");
  const error = await listContainers(agent, { signal }).catch((error) => error);
  assertEquals(error, "enough");
});

Deno.test("listContainers() knows nothing of what others wrote", async () => {
  using test = await subject();
  const { server } = test;
  const table = test.dir.join("root/overlay-containers/containers.json");
  const records: Record<string, unknown>[] = JSON.parse(
    await Deno.readTextFile(table),
  );
  const record = records.find(({ id }) => id === server);
  assert(record !== undefined);
  delete record["metadata"];
  delete record["names"];
  await Deno.writeTextFile(table, JSON.stringify(records));
  const { agent } = test.reopen();
  const found = (await listContainers(agent)).find(({ id }) => id === server);
  assertEquals(
    [found?.names, found?.imageName, found?.owner, found?.metadata],
    [[], "", "other", undefined],
  );
  const pods = await listPods(agent);
  assertEquals(
    pods.map(({ id, members }) => [id, members.flatMap(({ names }) => names)]),
    [["web-pod", ["other"]], ["web-pod-2", []], ["gone-pod", ["stray"]]],
  );
});

Deno.test("listPods() groups containers, also those whose pod is gone", async () => {
  using test = await subject();
  const { agent } = test;
  const all = await listContainers(agent);
  const [infra, server, other, second, stray] = all;
  assertEquals(await listPods(agent), [
    {
      ...{ id: "web-pod", name: "web", created: infra?.created ?? "", infra },
      members: [server, other].flatMap((one) => one ?? []),
    },
    {
      ...{ id: "web-pod-2", name: "webs", created: second?.created ?? "" },
      ...{ infra: second, members: [] },
    },
    {
      ...{ id: "gone-pod", name: "gone", created: stray?.created ?? "" },
      ...{ infra: undefined, members: [stray].flatMap((one) => one ?? []) },
    },
  ]);
});

Deno.test("findPod() finds pods, also those without an infra container", async (t) => {
  using test = await subject();
  const { agent } = test;
  const cases = [
    ["web", "web-pod", "web"],
    ["web-pod", "web-pod", "web"],
    ["webs", "web-pod-2", "webs"],
    ["web-pod-2", "web-pod-2", "webs"],
    ["gone", "gone-pod", "gone"],
    ["gone-p", "gone-pod", "gone"],
  ] as const;
  for (const [text, id, name] of cases) {
    await t.step(text, async () => {
      assertEquals(await findPod(agent, text), { id, name } as never);
    });
  }
  await t.step("not one of several", async () => {
    await assertRejects(() => findPod(agent, "web-p"), AmbiguousIdError);
  });
  for (const text of ["none", "server", "web-infra"]) {
    await t.step(text, async () => {
      await assertRejects(() => findPod(agent, text), ContainerNotFoundError);
    });
  }
});

Deno.test("findInfra() and listMembers() go by the ID of the pod", async () => {
  using test = await subject();
  const { agent, server, other, stray } = test;
  using held = await agent.store.lock({ containers: "read" });
  const find = (text: string) => findInfra(held.containers, text)?.id;
  assertEquals(
    ["web", "web-pod", "web-infra", "server", "none", "gone", stray].map(find),
    ["web-pod", "web-pod", ...Array(5).fill(undefined)],
  );
  const list = (id: string) =>
    listMembers(held.containers, id).map(({ id }) => `${id}`);
  assertEquals(list("web-pod"), ["web-pod", server, other]);
  assertEquals(list("gone-pod"), [stray]);
  assertEquals(list("web"), []);
});

Deno.test("findOwnPod() finds a pod that was made for one container", async (t) => {
  using test = await subject();
  const { agent, server, other, runtime } = test;
  const find = async (id: string) =>
    (await findWithPod(agent, id)).map(({ id }) => `${id}`);
  await t.step("not if nobody's run made it", async () => {
    assertEquals(await find(server), [server]);
    assertEquals(await find("web-pod"), ["web-pod"]);
    assertEquals(await find("none"), []);
  });
  await setOwner(test, server);
  await t.step("not while others are in it", async () => {
    assertEquals(await find(server), [server]);
    using held = await agent.store.lock({ containers: "read" });
    const record = held.containers.lookUp(server);
    assert(record !== undefined);
    const own = findOwnPod(agent, held, record, ({ id }) => id !== other);
    assertEquals(own.map(({ id }) => `${id}`), ["web-pod"]);
  });
  await t.step("else with its owner, and no other", async () => {
    await runtime.deleteContainer(other);
    assertEquals(await find("server"), [server, "web-pod"]);
    await setOwner(test, "another");
    assertEquals(await find("server"), [server]);
  });
});
