import { assertEquals } from "@std/assert";
import {
  ContainerState,
  PodSandboxState,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import { isNameThere } from "../../../src/fs/if_there.ts";
import { NODE_NEEDS, startNode } from "../../support/nodes/cri_node.ts";
import { until } from "../../support/until.ts";

const { method } = RuntimeService;
const { CONTAINER_CREATED, CONTAINER_RUNNING, CONTAINER_EXITED } =
  ContainerState;

Deno.test(
  "RuntimeService knows all after a kill of the daemon",
  NODE_NEEDS,
  async () => {
    await using node = await startNode();
    const pod = await node.runPod("kept");
    const running = await node.create(pod, "running");
    const ending = await node.create(pod, "ending", {
      script: "sleep 1; exit 7",
    });
    const created = await node.create(pod, "created");
    await node.start(running);
    await node.start(ending);
    const before = await node.status(running);
    await node.daemon.end("SIGKILL");
    const exit = node.dir.join("runroot/orlop/exits", ending, "exit");
    await until(() => isNameThere(exit));
    await node.restart();
    assertEquals(await node.status(running), before);
    const ended = await node.status(ending);
    assertEquals([ended.state, ended.exitCode], [CONTAINER_EXITED, 7]);
    assertEquals((await node.status(created)).state, CONTAINER_CREATED);
    await node.start(created);
    assertEquals((await node.status(created)).state, CONTAINER_RUNNING);
    const { items } = await node.client.call(method.listPodSandbox, {});
    assertEquals(items.map(({ id, state }) => [id, state]), [
      [pod, PodSandboxState.SANDBOX_READY],
    ]);
  },
);
