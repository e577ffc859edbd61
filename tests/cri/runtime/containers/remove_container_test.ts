import { assertEquals } from "@std/assert";
import {
  ContainerState,
  RuntimeService,
} from "../../../../src/cri/api/api_pb.js";
import { removeContainer } from "../../../../src/cri/runtime/containers/remove_container.ts";
import { notePath } from "../../../../src/cri/runtime/state/container_note.ts";
import { listAll } from "../../../support/nodes/cri_answers.ts";
import { criContext } from "../../../support/nodes/cri_context.ts";
import { NODE_NEEDS } from "../../../support/nodes/cri_node.ts";
import {
  HOST_NETWORK,
  startNodeHere,
} from "../../../support/nodes/node_here.ts";
import { run } from "../../../support/servers/registry_server.ts";
import { until } from "../../../support/until.ts";

const { method } = RuntimeService;
const { CONTAINER_EXITED } = ContainerState;

Deno.test("removeContainer() removes what it cannot take a note of", async () => {
  await using node = await criContext();
  const { context, call, test } = node;
  const id = await node.make("app", { state: CONTAINER_EXITED });
  // No file can replace a folder.
  const path = notePath(test.agent, id);
  await Deno.remove(path);
  await Deno.mkdir(path);
  await removeContainer(context, {
    ...{ $typeName: "runtime.v1.RemoveContainerRequest", containerId: id },
  }, call);
  const warning = `warn: Removes "${id}" without a note: `;
  assertEquals(
    test.messages.filter((line) => line.startsWith(warning)).length,
    1,
  );
  // It is gone when that is answered.
  using held = await test.agent.store.lock({ containers: "read" });
  assertEquals(held.containers.lookUp(id), undefined);
});

Deno.test(
  "a container that cannot be removed is shown again",
  NODE_NEEDS,
  async () => {
    await using node = await startNodeHere();
    const { client, daemon: { said } } = node;
    const pod = await node.runPod("web", HOST_NETWORK);
    const id = await node.create(pod, "app");
    await node.start(id);
    const obstacle = node.dir.join(
      ...["root/overlay-containers", id, "userdata/obstacle"],
    );
    await Deno.mkdir(obstacle);
    await run("mount", "-t", "tmpfs", "tmpfs", obstacle);
    const remove = () =>
      client.call(method.removeContainer, { containerId: id });
    try {
      await remove();
      const failure = `warn: Cannot remove container "${id}": `;
      await until(() => said.some((line) => line.startsWith(failure)));
      await until(async () => (await listAll(node)).containers.length === 1);
    } finally {
      await run("umount", obstacle);
    }
    await remove();
    await client.call(method.removePodSandbox, { podSandboxId: pod });
    assertEquals(await listAll(node), { pods: [], containers: [] });
  },
);
