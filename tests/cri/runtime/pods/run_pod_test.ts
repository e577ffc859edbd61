import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { toJson } from "@bufbuild/protobuf";
import {
  PodSandboxSchema,
  type PodSandboxStatus,
  PodSandboxStatusSchema,
  RuntimeService,
} from "../../../../src/cri/api/api_pb.js";
import {
  assertCode,
  CODE,
  listAll,
} from "../../../support/nodes/cri_answers.ts";
import { NODE_NEEDS, podConfig } from "../../../support/nodes/cri_node.ts";
import { startNodeHere } from "../../../support/nodes/node_here.ts";
import { killProcess } from "../../../support/kill_process.ts";
import { until } from "../../../support/until.ts";

const { method } = RuntimeService;

/** Now, as CRI tells times. */
function nowNs(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

Deno.test("a pod's life is told whole", NODE_NEEDS, async (t) => {
  await using node = await startNodeHere();
  const { client, daemon: { said } } = node;
  const began = nowNs();
  const name = "k8s_web_tests_uid-web_0";
  const config = podConfig("web", {
    logDirectory: node.dir.join("logs/web"),
    dnsConfig: { servers: ["192.0.2.1"], searches: ["a.example"] },
  });
  const run = async (request: { runtimeHandler?: string } = {}) =>
    (await client.call(method.runPodSandbox, { config, ...request }))
      .podSandboxId;
  const id = await run();
  const ask = async (detail: { verbose?: boolean } = {}) =>
    await client.call(method.podSandboxStatus, {
      ...{ podSandboxId: id.slice(0, 12), ...detail },
    });
  const tell = (status: PodSandboxStatus | undefined) =>
    status && toJson(PodSandboxStatusSchema, status);
  const list = async () => {
    const { items } = await client.call(method.listPodSandbox, {});
    return items.map((one) => toJson(PodSandboxSchema, one));
  };
  const { status: before } = await ask();
  const ip = before?.network?.ip ?? "";
  const common = {
    id,
    metadata: { name: "web", uid: "uid-web", namespace: "tests" },
    createdAt: `${before?.createdAt}`,
    labels: { app: "web" },
    annotations: { note: "of web" },
  };
  const told = {
    ...common,
    network: { ip },
    linux: { namespaces: { options: { pid: "CONTAINER" } } },
  };

  await t.step("when it runs", async () => {
    assertEquals(tell(before), told);
    assert(ip.startsWith(node.addressPrefix), ip);
    const createdAt = before?.createdAt ?? 0n;
    assert(createdAt >= began && createdAt <= nowNs());
    assertEquals(said, [`info: Runs pod "${name}" as "${id}" pod=${id}`]);
    assertEquals(await list(), [common]);
    const { info, containersStatuses, timestamp } = await ask();
    assertEquals([info, containersStatuses], [{}, []]);
    assert(timestamp >= createdAt && timestamp <= nowNs());
  });

  await t.step("when more is asked for", async () => {
    const { info } = await ask({ verbose: true });
    assertEquals(Object.keys(info), ["info"]);
    const place = (file: string) =>
      node.dir.join("runroot/orlop/sandboxes", id, file);
    assertEquals(JSON.parse(info["info"] ?? ""), {
      pid: 0,
      names: [name],
      namespaces: {
        ...{ network: place("net"), uts: place("uts"), ipc: place("ipc") },
      },
      files: {
        ...{ resolvConf: place("resolv.conf"), hostname: place("hostname") },
        hosts: place("hosts"),
      },
      shmDirectory: place("shm"),
      config: {
        metadata: common.metadata,
        hostname: "web",
        logDirectory: node.dir.join("logs/web"),
        dnsConfig: { servers: ["192.0.2.1"], searches: ["a.example"] },
        labels: common.labels,
        annotations: common.annotations,
        linux: { securityContext: { namespaceOptions: { pid: "CONTAINER" } } },
      },
    });
    await client.call(method.updatePodSandboxResources, {
      podSandboxId: id,
      overhead: { cpuShares: 5n },
    });
    await client.call(method.updatePodSandboxResources, {
      podSandboxId: id,
      resources: { cpuQuota: 7n },
    });
    const later = JSON.parse((await ask({ verbose: true })).info["info"] ?? "");
    assertEquals(later.updated, {
      ...{ overhead: { cpuShares: "5" }, resources: { cpuQuota: "7" } },
    });
  });

  await t.step("when it is asked for again", async () => {
    assertEquals(await run(), id);
    for (
      const [request, why] of [
        [{ runtimeHandler: "runc" }, "another configuration"],
        [{ config: { ...config, hostname: "b" } }, "another configuration"],
      ] as const
    ) {
      const { message } = await assertCode(
        CODE.exists,
        () => client.call(method.runPodSandbox, { config, ...request }),
      );
      assertEquals(
        message,
        `Cannot run pod "${name}": pod "${id}" has this name, and ${why}`,
      );
    }
    assertEquals(await list(), [common]);
  });

  const app = await node.create(id, "app");
  await t.step("when it is stopped", async () => {
    await node.start(app);
    assertEquals((await ask()).containersStatuses, [await node.status(app)]);
    const heard = said.length;
    const stop = () => client.call(method.stopPodSandbox, { podSandboxId: id });
    await stop();
    await stop();
    assertEquals(said.slice(heard), [
      `info: Container "${app}" ended with 137 container=${app}`,
      `info: Stopped pod "${id}" pod=${id}`,
    ]);
    const stopped = { state: "SANDBOX_NOTREADY" };
    assertEquals(tell((await ask()).status), { ...told, ...stopped });
    assertEquals(await list(), [{ ...common, ...stopped }]);
  });

  await t.step("and takes nothing more", async () => {
    const refused = {
      "create a container in it": () => node.create(id, "late"),
      "forward its ports": () =>
        client.call(method.portForward, { podSandboxId: id, port: [80] }),
    };
    const messages = [];
    for (const call of Object.values(refused)) {
      messages.push((await assertCode(CODE.refused, call)).message);
    }
    assertEquals(messages, [
      `Cannot create container "k8s_late_web_tests_uid-web_0": pod "${id}" ` +
      "does not run",
      `Cannot forward ports of pod "${id}": it does not run`,
    ]);
    const { message } = await assertCode(CODE.exists, () => run());
    assertEquals(
      message,
      `Cannot run pod "${name}": pod "${id}" has this name, and does not run`,
    );
  });

  await t.step("and when it is removed", async () => {
    const heard = said.length;
    const remove = () =>
      client.call(method.removePodSandbox, { podSandboxId: id });
    await remove();
    await remove();
    assertEquals(said.slice(heard), [
      `info: Removed container "${app}" container=${app}`,
      `info: Removed pod "${id}" pod=${id}`,
    ]);
    assertEquals(await listAll(node), { pods: [], containers: [] });
    const { message } = await assertCode(CODE.notFound, () => ask());
    assertEquals(
      message,
      `Cannot find pod "${id.slice(0, 12)}": no pod has this ID`,
    );
    assertNotEquals(await run(), id);
  });
});

Deno.test(
  "pods without anything of their own are told so",
  NODE_NEEDS,
  async () => {
    await using node = await startNodeHere();
    const { client } = node;
    const id = await node.runPod("hosts", {
      linux: {
        securityContext: { namespaceOptions: { network: 2, ipc: 2, pid: 2 } },
      },
    });
    const { status, info } = await client.call(method.podSandboxStatus, {
      ...{ podSandboxId: id, verbose: true },
    });
    assertEquals(status && toJson(PodSandboxStatusSchema, status), {
      id,
      metadata: { name: "hosts", uid: "uid-hosts", namespace: "tests" },
      createdAt: `${status?.createdAt}`,
      labels: { app: "hosts" },
      annotations: { note: "of hosts" },
      network: {},
      linux: {
        namespaces: { options: { network: "NODE", ipc: "NODE", pid: "NODE" } },
      },
    });
    const { namespaces, pid, shmDirectory } = JSON.parse(info["info"] ?? "");
    assertEquals([namespaces, pid, shmDirectory], [{}, 0, "/dev/shm"]);
  },
);

Deno.test(
  "a pod ends with the process that keeps its processes",
  NODE_NEEDS,
  async () => {
    await using node = await startNodeHere();
    const { client, daemon: { said } } = node;
    const podSandboxId = await node.runPod("shared", {
      linux: { securityContext: { namespaceOptions: { network: 2, pid: 0 } } },
    });
    const ask = async () =>
      await client.call(method.podSandboxStatus, {
        podSandboxId,
        verbose: true,
      });
    const { pid } = JSON.parse((await ask()).info["info"] ?? "");
    const app = await node.create(podSandboxId, "app", {
      changes: { linux: { securityContext: { namespaceOptions: { pid: 0 } } } },
    });
    await node.start(app);
    killProcess(pid, "SIGKILL");
    await until(async () => (await ask()).status?.state === 1);
    const status = await node.waitFor(app, 2);
    assertEquals([status.exitCode, status.reason], [137, "Error"]);
    const what = `Pod "${podSandboxId}" ends: its pause process has ended`;
    assertEquals(
      said.filter((line) => line.startsWith("warn")),
      [`warn: ${what} pod=${podSandboxId}`],
    );
  },
);
