import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  listContainers,
  listPods,
} from "../../src/engine/containers/list_containers.ts";
import { RuntimeServer } from "../../src/engine/runtime_server.ts";
import { InvalidContainerIdError } from "../../src/errors/not_found_errors.ts";
import {
  containerOptions,
  podOptions,
  testPod,
} from "../support/test_runtime.ts";

Deno.test("S02 RuntimeServer has ten calls", () => {
  const calls = Object.getOwnPropertyNames(RuntimeServer.prototype)
    .filter((name) => name !== "constructor");
  assertEquals(calls.toSorted(), [
    "createContainer",
    "createPodSandbox",
    "deleteContainer",
    "getContainerMetadata",
    "getRunDir",
    "getWorkDir",
    "removePodSandbox",
    "setContainerMetadata",
    "startContainer",
    "stopContainer",
  ]);
});

Deno.test("S03 RuntimeServer shares the image server's store", async () => {
  using test = await testPod();
  const other = new RuntimeServer(test.images, "localhost/other/pause:1");
  assertEquals((await other.getContainerMetadata("web")).podId, "web-pod");
  const [image] = await test.images.listImages();
  assertEquals(image?.usedBy, ["web-infra"]);
});

Deno.test("S05 containers are found by ID, name, layer and prefix, in that order", async () => {
  using test = await testPod();
  const { runtime, agent } = test;
  await runtime.createContainer(
    containerOptions({ containerId: "abc", containerName: "abcd" }),
  );
  await runtime.createContainer(
    containerOptions({ containerId: "abcd", containerName: "other" }),
  );
  await runtime.createContainer(
    containerOptions({ containerId: "xyz-1", containerName: "abcde" }),
  );
  const all = await listContainers(agent);
  const layer = all.find(({ id }) => id === "xyz-1")?.layerId ?? "";
  const idOf = async (text: string) =>
    (await runtime.getRunDir(text)).split("/").at(-2);
  assertEquals(await idOf("abcd"), "abcd"); // the ID, not the name of "abc"
  assertEquals(await idOf("abcde"), "xyz-1"); // the name
  assertEquals(await idOf(layer), "xyz-1");
  assertEquals(await idOf("xyz"), "xyz-1");
  assertEquals(await idOf("abc"), "abc"); // an ID, though "abcd" begins so
  for (const ambiguous of ["ab", ""]) {
    await assertRejects(
      () => runtime.getRunDir(ambiguous),
      InvalidContainerIdError,
    );
  }
});

Deno.test("S06 IDs and names are unique, also of many made at once", async () => {
  using test = await testPod();
  const other = test.reopen();
  const results = await Promise.allSettled(
    Array.from(
      { length: 6 },
      (_, n) =>
        (n % 2 === 0 ? test : other).runtime.createContainer(
          containerOptions({ containerName: `c${n % 3}` }),
        ),
    ),
  );
  const made = results.filter(({ status }) => status === "fulfilled");
  assertEquals(made.length, 3);
  const names = (await listContainers(test.agent)).flatMap((c) => c.names);
  assertEquals(new Set(names).size, names.length);
});

Deno.test("S34 pods are found again from metadata alone", async () => {
  using test = await testPod();
  const { runtime } = test;
  await runtime.createPodSandbox(podOptions({
    ...{ podId: "db-pod", podName: "db", containerName: "db-infra" },
  }));
  await runtime.createContainer(containerOptions({ containerName: "one" }));
  await runtime.createContainer(containerOptions({ containerName: "two" }));
  await runtime.createContainer(containerOptions({
    ...{ podId: "db-pod", podName: "db", containerName: "three" },
  }));
  const pods = await listPods(test.reopen().agent);
  assertEquals(
    pods.map(({ id, name, infra, members }) => [
      ...[id, name, infra?.id],
      ...members.map(({ metadata }) => metadata?.name),
    ]),
    [
      ["web-pod", "web", "web-pod", "one", "two"],
      ["db-pod", "db", "db-pod", "three"],
    ],
  );
});

Deno.test("S34 containers of other tools are listed, but in no pod", async () => {
  using test = await testPod();
  const podman = { "image-name": "a", "image-id": "b", name: "c" };
  const crio = { ...podman, "pod-name": "web", "pod-id": "web-pod" };
  const foreign = [
    ["podman", JSON.stringify(podman)],
    ["cri-o", JSON.stringify(crio)],
    ["buildah", ""],
    ["other", ""],
    ["other", "{"],
    // Of orlop, but damaged: it must not hide all the others.
    ["orlop", '{"orlop":{"schema":99}}'],
  ] as const;
  for (const [index, [owner, metadata]] of foreign.entries()) {
    const { id, dir } = await test.runtime.createContainer(
      containerOptions({ containerName: `c${index}` }),
    );
    if (owner === "buildah") {
      await Deno.writeTextFile(`${dir}/buildah.json`, "");
    }
    using held = await test.agent.store.lock({ containers: "write" });
    const record = held.containers.get(id);
    assert(record !== undefined);
    held.containers.update({ ...record, metadata });
    held.containers.save();
  }
  const listed = await listContainers(test.agent);
  assertEquals(listed.map(({ owner }) => owner), [
    "orlop",
    ...foreign.map(([owner]) => owner),
  ]);
  const [pod, ...more] = await listPods(test.agent);
  assertEquals([more, pod?.members], [[], []]);
});

Deno.test("S51 what happens is logged, pods apart from containers", async () => {
  using test = await testPod();
  const { id, dir, runDir } = await test.runtime.createContainer(
    containerOptions(),
  );
  await test.runtime.startContainer(id);
  await test.runtime.stopContainer(id);
  await test.runtime.deleteContainer(id);
  await test.runtime.removePodSandbox("web");
  const layer = (line: string) => line.replace(/"[0-9a-f]{64}"/g, "LAYER");
  const lines = test.messages.map((message) =>
    layer(message.replaceAll(`"${id}"`, "ID"))
      .replace(dir, "DIR").replace(runDir, "RUN").replace(/ at ".*"/, "")
  );
  for (
    const expected of [
      'debug: created pod sandbox "web-pod"',
      'debug: container ID has work directory "DIR"',
      'debug: container ID has run directory "RUN"',
      "debug: created container ID",
      "debug: mounted layer LAYER",
      "debug: unmounted layer LAYER",
      "debug: deleted container ID",
      'debug: deleted pod sandbox "web-pod"',
    ]
  ) {
    assert(lines.includes(expected), `${expected}\n in ${lines.join("\n")}`);
  }
});

Deno.test("S51 what fails is logged", async () => {
  using test = await testPod();
  const { paths } = test.agent.store;
  await Deno.writeTextFile(`${paths.runContainers}/bad`, "");
  await assertRejects(() =>
    test.runtime.createContainer(containerOptions({ containerId: "bad" }))
  );
  const told = test.messages.join("\n");
  assert(told.includes('debug: failed to create container "bad": '));
  assert(told.includes('info: removing container "bad", created in part'));
});
