import { assertEquals, assertMatch } from "@std/assert";
import { RuntimeService } from "../../../src/cri/api/api_pb.js";
import { assertCode, CODE, listAll } from "../../support/nodes/cri_answers.ts";
import { IMAGE_MOUNT, NODE_NEEDS } from "../../support/nodes/cri_node.ts";
import { startNodeHere } from "../../support/nodes/node_here.ts";

const { method } = RuntimeService;

Deno.test(
  "RuntimeService leaves alone what people made",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const { client, orlop } = node;
    const made = await orlop(
      ...["container", "create", "--pod", "new:people", "localhost/busybox:1"],
    );
    assertEquals(made.code, 0, made.err);
    const id = made.out.trim();
    const { containers } = await client.call(method.listContainers, {});
    assertEquals(containers.map(({ id, labels }) => ({ id, labels })), [
      { id, labels: {} },
    ]);
    const podSandboxId = containers[0]?.podSandboxId ?? "";
    const refused = {
      startContainer: () =>
        client.call(method.startContainer, { containerId: id }),
      stopContainer: () =>
        client.call(method.stopContainer, { containerId: id }),
      removeContainer: () =>
        client.call(method.removeContainer, { containerId: id }),
      stopPodSandbox: () =>
        client.call(method.stopPodSandbox, { podSandboxId }),
      removePodSandbox: () =>
        client.call(method.removePodSandbox, { podSandboxId }),
      createContainer: () => node.create(podSandboxId, "guest"),
    };
    for (const [name, call] of Object.entries(refused)) {
      await t.step(name, async () => {
        const { message } = await assertCode(CODE.refused, call);
        assertMatch(message, /it was not created by a kubelet; use "orlop /);
      });
    }
    assertEquals((await orlop("pod", "rm", "--force", "people")).code, 0);
    assertEquals(await listAll(node), { pods: [], containers: [] });
  },
);

Deno.test(
  "RuntimeService removes a pod of which people removed a container",
  NODE_NEEDS,
  async () => {
    await using node = await startNodeHere();
    const pod = await node.runPod("thinned");
    const id = await node.create(pod, "app", {
      changes: {
        mounts: [IMAGE_MOUNT],
      },
    });
    await node.start(id);
    const removed = await node.orlop(
      "container",
      "rm",
      "--force",
      "--time",
      "0",
      id,
    );
    assertEquals(removed.code, 0, removed.err);
    assertEquals(await listAll(node), { pods: [pod], containers: [] });
    await node.client.call(method.removePodSandbox, { podSandboxId: pod });
    assertEquals((await node.orlop("ps", "-aq")).out, "");
  },
);

Deno.test(
  "RuntimeService shows people what a kubelet made",
  NODE_NEEDS,
  async () => {
    await using node = await startNodeHere();
    const pod = await node.runPod("seen");
    await node.start(await node.create(pod, "app"));
    const pods = await node.orlop("pod", "ls", "--format", "{{.Name}}");
    assertEquals(pods.out, "k8s_seen_tests_uid-seen_0");
    const containers = await node.orlop("ps", "--format", "{{.Names}}");
    assertEquals(containers.out.split("\n").toSorted(), [
      "k8s_app_seen_tests_uid-seen_0",
      "k8s_seen_tests_uid-seen_0",
    ]);
  },
);
