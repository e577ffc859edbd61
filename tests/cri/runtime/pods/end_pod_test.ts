import { assertEquals, assertRejects } from "@std/assert";
import {
  ContainerEventType,
  ContainerState,
  PodSandboxState,
} from "../../../../src/cri/api/api_pb.js";
import {
  removePodSandbox,
  stopPodSandbox,
} from "../../../../src/cri/runtime/pods/end_pod.ts";
import { sandboxPath } from "../../../../src/engine/sandboxes/sandbox_state.ts";
import {
  InUseError,
  PolicyError,
} from "../../../../src/errors/store_errors.ts";
import { parseContainerId } from "../../../../src/formats/storage/store_ids.ts";
import {
  type CriContext,
  criContext,
  makePodReady,
} from "../../../support/nodes/cri_context.ts";
import { containerOptions } from "../../../support/test_runtime.ts";

const ID = parseContainerId("web-pod");
const { CONTAINER_STOPPED_EVENT, CONTAINER_DELETED_EVENT } = ContainerEventType;
const { SANDBOX_NOTREADY } = PodSandboxState;

/** Calls as a kubelet makes them. */
function callsTo({ context, call }: CriContext) {
  return {
    stop: (podSandboxId: string) =>
      stopPodSandbox(context, {
        ...{ $typeName: "runtime.v1.StopPodSandboxRequest", podSandboxId },
      }, call),
    remove: (podSandboxId: string) =>
      removePodSandbox(context, {
        ...{ $typeName: "runtime.v1.RemovePodSandboxRequest", podSandboxId },
      }, call),
  };
}

/** What a kubelet was told since it began to listen: about what, what, and the pod. */
async function told(events: ReturnType<CriContext["listen"]>) {
  return (await events()).map((event) => [
    event.containerId,
    event.containerEventType,
    event.podSandboxStatus?.state,
  ]);
}

/** What was logged of its pods and containers. */
function logged({ test }: CriContext): readonly string[] {
  return test.messages.filter((line) => line.startsWith("info: "));
}

Deno.test("stopPodSandbox() ends a pod's containers, and reports it once", async () => {
  await using node = await criContext();
  await makePodReady(node);
  const { stop } = callsTo(node);
  const id = await node.make("app", { state: ContainerState.CONTAINER_EXITED });
  const events = node.listen();
  assertEquals(await stop(ID), {});
  assertEquals(node.context.objects.recallPod(ID)?.sandbox.state, "not-ready");
  assertEquals(logged(node), ['info: Stopped pod "web-pod"']);
  assertEquals(await stop(ID), {});
  assertEquals(logged(node), ['info: Stopped pod "web-pod"']);
  assertEquals(await told(events), [
    [ID, CONTAINER_STOPPED_EVENT, SANDBOX_NOTREADY],
  ]);
  assertEquals(node.status(id)?.state, ContainerState.CONTAINER_EXITED);
});

Deno.test("removePodSandbox() removes a pod with its containers", async () => {
  await using node = await criContext();
  await makePodReady(node);
  const { remove } = callsTo(node);
  const { CONTAINER_EXITED } = ContainerState;
  const one = await node.make("one", { state: CONTAINER_EXITED });
  const two = await node.make("two", { state: CONTAINER_EXITED });
  const events = node.listen();
  assertEquals(await remove(ID), {});
  assertEquals(await told(events), [
    [ID, CONTAINER_STOPPED_EVENT, SANDBOX_NOTREADY],
    [one, CONTAINER_DELETED_EVENT, SANDBOX_NOTREADY],
    [two, CONTAINER_DELETED_EVENT, SANDBOX_NOTREADY],
    [ID, CONTAINER_DELETED_EVENT, undefined],
  ]);
  assertEquals(logged(node), [
    'info: Stopped pod "web-pod"',
    `info: Removed container "${one}"`,
    `info: Removed container "${two}"`,
    'info: Removed pod "web-pod"',
  ]);
  const { pods, containers } = await node.context.objects.read();
  assertEquals([pods, containers], [[], []]);
  assertEquals(await remove(ID), {});
});

Deno.test("stopPodSandbox() and removePodSandbox() leave people's pods", async (t) => {
  await using node = await criContext();
  const calls = callsTo(node);
  const commands = { stop: "pod stop", remove: "pod rm" } as const;
  for (const verb of ["stop", "remove"] as const) {
    await t.step(verb, async () => {
      const error = await assertRejects(() => calls[verb](ID), PolicyError);
      assertEquals(
        error.message,
        `Cannot ${verb} pod "web": it was not created by a kubelet; use ` +
          `"orlop ${commands[verb]} web"`,
      );
      assertEquals(await calls[verb]("none"), {});
    });
  }
});

Deno.test("removePodSandbox() leaves pods that people have containers in", async () => {
  await using node = await criContext();
  await makePodReady(node);
  const { runtime } = node.test;
  for (const containerName of ["mine", "ours"]) {
    await runtime.createContainer(containerOptions({ containerName }));
  }
  const { remove } = callsTo(node);
  const error = await assertRejects(() => remove(ID), InUseError);
  assertEquals(
    error.message,
    'Cannot remove pod "web-pod": it has containers that no kubelet created: ' +
      '"mine", "ours"',
  );
  assertEquals(error.users, ["mine", "ours"]);
  assertEquals(node.context.objects.recallPod(ID)?.sandbox.state, "ready");
});

Deno.test("stopPodSandbox() reports that a pod is damaged", async () => {
  await using node = await criContext();
  await makePodReady(node);
  const path = sandboxPath(node.test.agent, ID);
  await Deno.writeTextFile(path, "{");
  node.context.objects.rereadSandbox(ID);
  const { message } = await assertRejects(() => callsTo(node).stop(ID), Error);
  const begin = `Cannot stop pod "web": Cannot read "${path}"`;
  assertEquals(message.slice(0, begin.length), begin);
  assertEquals(
    message.slice(message.indexOf(";")),
    '; remove the pod: "orlop pod rm web-pod"',
  );
});
