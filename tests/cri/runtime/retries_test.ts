import { assert, assertEquals } from "@std/assert";
import { ContainerState, RuntimeService } from "../../../src/cri/api/api_pb.js";
import { assertCode, CODE, listAll } from "../../support/nodes/cri_answers.ts";
import {
  containerConfig,
  NODE_NEEDS,
  podConfig,
} from "../../support/nodes/cri_node.ts";
import { HOST_NETWORK, startNodeHere } from "../../support/nodes/node_here.ts";
import { killProcess, readPid } from "../../support/kill_process.ts";
import { run } from "../../support/servers/registry_server.ts";

const { method } = RuntimeService;
const { CONTAINER_EXITED } = ContainerState;

Deno.test(
  "RuntimeService gives a retried request what it made",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const long = "n".repeat(300);
    const config = podConfig(long, { hostname: "long" });
    const run = () => node.client.call(method.runPodSandbox, { config });
    const [one, two] = await Promise.all([run(), run()]);
    const podSandboxId = one.podSandboxId;
    assertEquals(two.podSandboxId, podSandboxId);
    const request = { podSandboxId, config: containerConfig(long, "true") };
    const make = () => node.client.call(method.createContainer, request);
    const { containerId } = await make();

    await t.step("also after a kill of the daemon", async () => {
      await node.restart();
      assertEquals((await run()).podSandboxId, podSandboxId);
      assertEquals((await make()).containerId, containerId);
    });

    await t.step(
      "not if something else is asked for by this name",
      async () => {
        await assertCode(
          CODE.exists,
          () =>
            node.client.call(method.runPodSandbox, {
              config: { ...config, labels: { other: "one" } },
            }),
        );
        await node.start(containerId);
        await assertCode(CODE.exists, make);
      },
    );

    await t.step("not if both are asked for at once", async () => {
      const pods = await Promise.allSettled(
        ["a", "b"].map((app) =>
          node.client.call(method.runPodSandbox, {
            config: podConfig("both", { labels: { app } }),
          })
        ),
      );
      const containers = await Promise.allSettled(
        ["a", "b"].map((word) =>
          node.client.call(method.createContainer, {
            podSandboxId,
            config: containerConfig("both", word),
          })
        ),
      );
      for (const [first, second] of [pods, containers]) {
        assertEquals(first?.status, "fulfilled");
        assert(second?.status === "rejected", JSON.stringify(second));
        assertEquals(second.reason.code, CODE.exists);
      }
    });

    await t.step("another attempt is another one", async () => {
      const other = await node.client.call(method.createContainer, {
        ...request,
        config: { ...request.config, metadata: { name: long, attempt: 1 } },
      });
      assert(other.containerId !== containerId);
    });
  },
);

Deno.test(
  "RuntimeService makes a container again that it could not undo",
  NODE_NEEDS,
  async () => {
    await using node = await startNodeHere();
    const pod = await node.runPod("stuck");
    const id = await node.create(pod, "app");
    const { info } = await node.client.call(method.containerStatus, {
      containerId: id,
      verbose: true,
    });
    const { workDirectory } = JSON.parse(info["info"] ?? "");
    await node.daemon.end("SIGKILL");
    const file = `${workDirectory}/cri.json`;
    const note = JSON.parse(await Deno.readTextFile(file));
    await Deno.writeTextFile(
      file,
      JSON.stringify({ ...note, phase: "creating" }),
    );
    const obstacle = `${workDirectory}/obstacle`;
    await Deno.mkdir(obstacle);
    await run("mount", "-t", "tmpfs", "tmpfs", obstacle);
    await node.restart();
    await run("umount", obstacle);
    const { said } = node.daemon;
    assertEquals(
      said.filter((line) => line.startsWith(`warn: Cannot recover "${id}": `))
        .length,
      1,
    );
    await assertCode(CODE.refused, () => node.start(id));
    const next = await node.create(pod, "app");
    assert(next !== id);
    assertEquals(await listAll(node), { pods: [pod], containers: [next] });
  },
);

Deno.test(
  "RuntimeService ends a container without conmon",
  NODE_NEEDS,
  async () => {
    await using node = await startNodeHere();
    const pod = await node.runPod("unwatched");
    const id = await node.create(pod, "app");
    await node.start(id);
    const { info } = await node.client.call(method.containerStatus, {
      containerId: id,
      verbose: true,
    });
    const { bundle } = JSON.parse(info["info"] ?? "");
    killProcess(await readPid(`${bundle}/conmon.pid`), "SIGKILL");
    const { exitCode, reason } = await node.waitFor(id, CONTAINER_EXITED);
    assertEquals([exitCode, reason], [255, "Error"]);
    await node.client.call(method.removeContainer, { containerId: id });
  },
);

Deno.test(
  "RuntimeService makes a pod again that was cut short",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const id = await node.runPod("web", HOST_NETWORK);
    const file = node.dir.join(
      ...["root/overlay-containers", id, "userdata/sandbox.json"],
    );
    const state = JSON.parse(await Deno.readTextFile(file));
    await Deno.writeTextFile(
      file,
      JSON.stringify({ ...state, phase: "making" }),
    );
    const next = await node.runPod("web", HOST_NETWORK);
    assert(next !== id);
    assertEquals(await listAll(node), { pods: [next], containers: [] });

    await t.step("by its runtime handler, and no other", async () => {
      const config = podConfig("other", HOST_NETWORK);
      const run = (runtimeHandler: string) =>
        node.client.call(method.runPodSandbox, { config, runtimeHandler });
      const { podSandboxId } = await run("runc");
      const { status } = await node.client.call(method.podSandboxStatus, {
        podSandboxId,
      });
      assertEquals(status?.runtimeHandler, "runc");
      assertEquals((await run("runc")).podSandboxId, podSandboxId);
      await assertCode(CODE.exists, () => run(""));
      const { message } = await assertCode(CODE.invalid, () => run("nope"));
      const start =
        'Cannot use pod "other": there is no runtime handler "nope"; ';
      assert(message.startsWith(`${start}known are "`), message);
      const app = await node.create(podSandboxId, "app");
      await node.start(app);
      assertEquals((await node.status(app)).state, 1);
    });
  },
);
