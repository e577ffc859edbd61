import { assert, assertEquals, assertRejects } from "@std/assert";
import { create } from "@bufbuild/protobuf";
import {
  ContainerConfigSchema,
  ContainerEventType,
  ContainerState,
  ContainerStatusSchema,
} from "../../../../src/cri/api/api_pb.js";
import {
  noteExit,
  onExit,
  unseenExit,
  withExit,
} from "../../../../src/cri/runtime/containers/note_exit.ts";
import { notePath } from "../../../../src/cri/runtime/state/container_note.ts";
import { parseContainerId } from "../../../../src/formats/storage/store_ids.ts";
import {
  criContext,
  makePodReady,
} from "../../../support/nodes/cri_context.ts";

const { CONTAINER_EXITED, CONTAINER_RUNNING } = ContainerState;
const { CONTAINER_STOPPED_EVENT } = ContainerEventType;

Deno.test("withExit() reports how a process ended", async (t) => {
  const note = {
    phase: "complete",
    config: create(ContainerConfigSchema),
    status: create(ContainerStatusSchema, { id: "a", startedAt: 1n }),
  } as const;
  const cases: readonly (readonly [number, boolean, string])[] = [
    [0, false, "Completed"],
    [1, false, "Error"],
    [137, false, "Error"],
    [137, true, "OOMKilled"],
    [0, true, "OOMKilled"],
  ];
  for (const [exitCode, isOomKilled, reason] of cases) {
    await t.step(`${exitCode} ${reason}`, () => {
      const { status, phase } = withExit(note, {
        ...{ exitCode, isOomKilled, finishedAtMs: 5 },
      });
      assertEquals(
        [status.state, status.exitCode, status.finishedAt, status.reason],
        [CONTAINER_EXITED, exitCode, 5_000_000n, reason],
      );
      assertEquals([phase, status.id, status.startedAt], ["complete", "a", 1n]);
    });
  }
});

Deno.test("unseenExit() reports that no one knows", () => {
  const before = Date.now();
  const { exitCode, isOomKilled, finishedAtMs } = unseenExit();
  assertEquals([exitCode, isOomKilled], [255, false]);
  assert(finishedAtMs >= before && finishedAtMs <= Date.now());
});

Deno.test("noteExit() notes an end once, and reports it", async () => {
  await using node = await criContext();
  const { context } = node;
  const id = await node.make("app", { state: CONTAINER_RUNNING });
  const heard = node.listen();
  await noteExit(context, id);
  assertEquals(node.status(id)?.state, CONTAINER_RUNNING);
  node.end(id, 3);
  await noteExit(context, id);
  await noteExit(context, id);
  const { state, exitCode, reason, message } = node.status(id) ?? {};
  assertEquals([state, exitCode, reason, message], [
    ...[CONTAINER_EXITED, 3, "Error", ""],
  ]);
  const events = await heard();
  assertEquals(events.map((event) => event.containerEventType), [
    CONTAINER_STOPPED_EVENT,
  ]);
  const [event] = events;
  assertEquals(event?.containerId, id);
  assertEquals(event?.podSandboxStatus?.id, "web-pod");
  const statuses = event?.containersStatuses.map((
    { id, state },
  ) => [id, state]);
  assertEquals(statuses, [[id, CONTAINER_EXITED]]);
});

Deno.test("noteExit() notes an end that was not observed, if it is told so", async () => {
  await using node = await criContext();
  const id = await node.make("app", { state: CONTAINER_RUNNING });
  await noteExit(node.context, id, unseenExit());
  const { state, exitCode, message } = node.status(id) ?? {};
  assertEquals([state, exitCode, message], [
    ...[CONTAINER_EXITED, 255],
    "Its process has ended with an unknown exit code",
  ]);
});

Deno.test("onExit() leaves to others what is not the kubelet's", async () => {
  await using node = await criContext();
  const { context, test } = node;
  await onExit(context, parseContainerId("ab".repeat(32)));
  const { id } = await test.runtime.createContainer({
    ...{ podName: "web", podId: "web-pod", imageName: "localhost/app:1" },
    containerName: "peoples",
  });
  node.end(id, 1);
  await onExit(context, id);
  assertEquals(test.messages.filter((line) => line.startsWith("warn")), []);
  await assertRejects(
    () => noteExit(context, id),
    Error,
    "it was not created by a kubelet",
  );
});

Deno.test("onExit() notes the end of the kubelet's container", async () => {
  await using node = await criContext();
  const id = await node.make("app", { state: CONTAINER_RUNNING });
  node.end(id, 0);
  await onExit(node.context, id);
  const { state, reason } = node.status(id) ?? {};
  assertEquals([state, reason], [CONTAINER_EXITED, "Completed"]);
});

Deno.test("onExit() ends a pod with the process that keeps its others", async () => {
  await using node = await criContext();
  const { context, test } = node;
  await makePodReady(node);
  const id = parseContainerId("web-pod");
  const heard = node.listen();
  await onExit(context, id);
  const [pod] = (await context.objects.read()).pods;
  assertEquals(pod?.sandbox?.state, "not-ready");
  await onExit(context, id);
  const warnings = test.messages.filter((line) => line.startsWith("warn"));
  assertEquals(warnings, [
    'warn: Pod "web-pod" ends: its pause process has ended',
  ]);
  const events = await heard();
  assertEquals(
    events.map((event) => [event.containerId, event.containerEventType]),
    [[id, CONTAINER_STOPPED_EVENT]],
  );
});

Deno.test("onExit() reports what keeps it from noting an end", async () => {
  await using node = await criContext();
  const { context, test } = node;
  const id = await node.make("app", { state: CONTAINER_RUNNING });
  node.end(id, 0);
  // No file can replace a folder.
  const path = notePath(test.agent, id);
  await Deno.remove(path);
  await Deno.mkdir(path);
  await onExit(context, id);
  const warning = `warn: Cannot note how "${id}" ended: `;
  assertEquals(
    test.messages.filter((line) => line.startsWith("warn"))
      .map((line) => line.slice(0, warning.length)),
    [warning],
  );
});
