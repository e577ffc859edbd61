import { assert, assertEquals } from "@std/assert";
import {
  ContainerState,
  PodSandboxState,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import { NODE_NEEDS, startNode } from "../../support/cri_node.ts";

const { method } = RuntimeService;

Deno.test(
  "RuntimeService runs a pod and a container to their ends",
  NODE_NEEDS,
  async () => {
    await using node = await startNode();
    const { client } = node;
    const pod = await node.runPod("web");
    const { status } = await client.call(method.podSandboxStatus, {
      podSandboxId: pod,
    });
    assertEquals(status?.state, PodSandboxState.SANDBOX_READY);
    assert(status?.network?.ip);
    const id = await node.create(pod, "app", { script: "echo hello; exit 3" });
    assertEquals(
      (await node.status(id)).state,
      ContainerState.CONTAINER_CREATED,
    );
    await node.start(id);
    const ended = await node.waitFor(id, ContainerState.CONTAINER_EXITED);
    assertEquals(ended.exitCode, 3);
    assertEquals(ended.reason, "Error");
    assert(ended.finishedAt >= ended.startedAt);
    const log = await Deno.readTextFile(ended.logPath);
    assert(/ stdout F hello\n$/.test(log));
    await client.call(method.removeContainer, { containerId: id });
    await client.call(method.stopPodSandbox, { podSandboxId: pod });
  },
);
