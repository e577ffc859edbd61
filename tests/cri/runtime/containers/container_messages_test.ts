import { assert, assertEquals } from "@std/assert";
import { toJson } from "@bufbuild/protobuf";
import {
  ContainerSchema,
  type ContainerStatus,
  ContainerStatusSchema,
  ImageService,
  RuntimeService,
  Signal,
} from "../../../../src/cri/api/api_pb.js";
import { isThere } from "../../../../src/fs/if_there.ts";
import { assertCode, CODE } from "../../../support/nodes/cri_answers.ts";
import { BUSYBOX, NODE_NEEDS } from "../../../support/nodes/cri_node.ts";
import {
  HOST_NETWORK,
  startNodeHere,
} from "../../../support/nodes/node_here.ts";
import { until } from "../../../support/until.ts";

const { method } = RuntimeService;

/** Now, as CRI tells times. */
function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

Deno.test("a container's life is told whole", NODE_NEEDS, async (t) => {
  await using node = await startNodeHere();
  const { client, daemon: { said } } = node;
  const pod = await node.runPod("web", HOST_NETWORK);
  const listImages = ImageService.method.listImages;
  const { images: [image] } = await client.call(listImages, {});
  const source = node.dir.join("shown");
  await Deno.mkdir(source);
  const began = nowNs();
  const heard = said.length;
  const resources = { cpuShares: 512n };
  const mounts = [
    { hostPath: source, containerPath: "/shown", readonly: true },
    { containerPath: "/image", image: { image: BUSYBOX }, readonly: true },
  ];
  const id = await node.create(pod, "app", {
    script: "trap 'exit 3' USR1; echo ready; while :; do sleep 0.01; done",
    changes: {
      metadata: { name: "app", attempt: 4 },
      image: { image: "busybox:1", annotations: { from: "a kubelet" } },
      annotations: { a: "b" },
      logPath: ".//app/./0.log",
      stopSignal: Signal.SIGUSR1,
      mounts,
      linux: {
        resources,
        securityContext: {
          ...{ runAsUser: { value: 5n }, runAsGroup: { value: 6n } },
          ...{ supplementalGroups: [7n], namespaceOptions: { pid: 1 } },
        },
      },
    },
  });
  const name = "k8s_app_web_tests_uid-web_4";
  const imageId = image?.id ?? "";
  const logPath = node.dir.join("logs/web/app/0.log");
  const tell = (status: ContainerStatus) => {
    const { createdAt: _c, startedAt: _s, finishedAt: _f, ...rest } = toObject(
      toJson(ContainerStatusSchema, status),
    );
    return rest;
  };
  const told = {
    id,
    metadata: { name: "app", attempt: 4 },
    image: {
      image: "busybox:1",
      userSpecifiedImage: "busybox:1",
      annotations: { from: "a kubelet" },
    },
    ...{ imageRef: imageId, imageId, logPath },
    labels: { part: "app" },
    annotations: { a: "b" },
    mounts: [
      { hostPath: source, containerPath: "/shown", readonly: true },
      {
        ...{ containerPath: "/image", readonly: true },
        image: { image: BUSYBOX, imageRef: imageId },
      },
    ],
    resources: { linux: { cpuShares: "512" } },
    user: { linux: { uid: "5", gid: "6", supplementalGroups: ["6", "7"] } },
    stopSignal: "SIGNAL_SIGUSR1",
  };
  const list = async () => {
    const { containers } = await client.call(method.listContainers, {});
    return containers.map((one) => toJson(ContainerSchema, one));
  };
  const { metadata, image: spec, imageRef, labels, annotations } = told;
  const before = await node.status(id);
  const listed = {
    ...{ id, podSandboxId: pod, metadata, image: spec, imageRef, imageId },
    ...{ labels, annotations, createdAt: `${before.createdAt}` },
  };

  await t.step("when it is created", async () => {
    assertEquals(tell(before), told);
    assert(before.createdAt >= began && before.createdAt <= nowNs());
    assertEquals([before.startedAt, before.finishedAt], [0n, 0n]);
    assert(isThere(node.dir.join("logs/web/app")));
    assertEquals(said.slice(heard), [
      `info: Created container "${name}" as "${id}" pod=${pod} container=${id}`,
    ]);
    assertEquals(await list(), [listed]);
  });

  await t.step("when more is asked for", async () => {
    const { info } = await client.call(method.containerStatus, {
      ...{ containerId: id.slice(0, 12), verbose: true },
    });
    assertEquals(Object.keys(info), ["info"]);
    const { runtimeSpec, layer, ...rest } = JSON.parse(info["info"] ?? "");
    const places = ["root", "runroot"].map((root) =>
      node.dir.join(root, "overlay-containers", id, "userdata")
    );
    assertEquals(rest, {
      ...{ sandboxID: pod, names: [name], pid: rest.pid },
      ...{ workDirectory: places[0], bundle: places[1] },
    });
    assert(isThere(node.dir.join("root/overlay", layer)));
    assertEquals(runtimeSpec.process.args.slice(0, 2), ["/bin/sh", "-c"]);
    assertEquals(
      (await client.call(method.containerStatus, {
        containerId: id,
      })).info,
      {},
    );
  });

  await t.step("when it runs", async () => {
    const start = nowNs();
    const heard = said.length;
    await node.start(id);
    const status = await node.status(id);
    assertEquals(tell(status), { ...told, state: "CONTAINER_RUNNING" });
    assert(status.startedAt >= start && status.startedAt <= nowNs());
    assertEquals([status.createdAt, status.finishedAt], [before.createdAt, 0n]);
    assertEquals(said.slice(heard), [
      `info: Started container "${id}" container=${id}`,
    ]);
    assertEquals(await list(), [{ ...listed, state: "CONTAINER_RUNNING" }]);
    const { message } = await assertCode(CODE.refused, () => node.start(id));
    assertEquals(
      message,
      `Cannot start container "${id}": it was started before`,
    );
    assertEquals(await node.status(id), status);
  });

  await t.step("when it has ended by its stop signal", async () => {
    await until(async () =>
      (await Deno.readTextFile(logPath)).includes("ready")
    );
    const end = nowNs();
    const heard = said.length;
    const stop = () =>
      client.call(method.stopContainer, { containerId: id, timeout: 100n });
    await stop();
    const status = await node.status(id);
    assertEquals(tell(status), {
      ...{ ...told, state: "CONTAINER_EXITED" },
      ...{ exitCode: 3, reason: "Error" },
    });
    assert(status.finishedAt >= end && status.finishedAt <= nowNs());
    assertEquals(said.slice(heard), [
      `info: Container "${id}" ended with 3 container=${id}`,
    ]);
    await stop();
    assertEquals(await node.status(id), status);
    assertEquals(await list(), [{ ...listed, state: "CONTAINER_EXITED" }]);
  });

  await t.step("and when it is removed", async () => {
    const heard = said.length;
    await client.call(method.removeContainer, { containerId: id });
    assertEquals(await list(), []);
    const removed = `info: Removed container "${id}" container=${id}`;
    await until(() => said.includes(removed));
    assertEquals(said.slice(heard), [removed]);
    const { message } = await assertCode(
      CODE.notFound,
      () => node.status(id),
    );
    assertEquals(
      message,
      `Cannot find container "${id}": no container has this ID`,
    );
  });
});

function toObject(value: unknown): Record<string, unknown> {
  return { ...Object(value) };
}
