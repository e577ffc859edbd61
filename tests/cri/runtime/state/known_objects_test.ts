import { assert, assertEquals, assertRejects } from "@std/assert";
import { ContainerState } from "../../../../src/cri/api/api_pb.js";
import { notePath } from "../../../../src/cri/runtime/state/container_note.ts";
import {
  KnownObjects,
  membersOf,
} from "../../../../src/cri/runtime/state/known_objects.ts";
import { UnmanagedStates } from "../../../../src/cri/runtime/state/unmanaged_states.ts";
import { mountImageVolume } from "../../../../src/engine/containers/image_volumes.ts";
import { openRun } from "../../../../src/engine/containers/last_run.ts";
import { parseContainerId } from "../../../../src/formats/storage/store_ids.ts";
import {
  criContext,
  makePodReady,
} from "../../../support/nodes/cri_context.ts";
import {
  APP,
  containerOptions,
  podOptions,
} from "../../../support/test_runtime.ts";
import { until } from "../../../support/until.ts";

const names = (
  all: readonly { readonly record: { names?: readonly string[] } }[],
) => all.map(({ record }) => record.names?.[0] ?? "");

Deno.test("KnownObjects see what others make and remove", async () => {
  await using node = await criContext();
  const { runtime, agent } = node.test;
  const objects = new KnownObjects(agent);
  const list = async () => {
    const { pods, containers } = await objects.read();
    return [names(pods), names(containers)];
  };
  assertEquals(await list(), [["web-infra"], []]);
  const { id } = await runtime.createContainer(containerOptions());
  assertEquals(await list(), [["web-infra"], ["server"]]);
  await runtime.createPodSandbox(podOptions({
    ...{ podName: "two", podId: "two-pod", containerName: "two-infra" },
  }));
  assertEquals(await list(), [["web-infra", "two-infra"], ["server"]]);
  const snapshot = await objects.read();
  assertEquals(names(membersOf(snapshot, "web-pod")), ["server"]);
  assertEquals(membersOf(snapshot, "two-pod"), []);
  await runtime.deleteContainer(id);
  assertEquals(await list(), [["web-infra", "two-infra"], []]);
});

Deno.test("KnownObjects show neither volumes nor what is hidden", async () => {
  await using node = await criContext();
  const { agent } = node.test;
  const { objects } = node.context;
  const id = await node.make("app");
  await mountImageVolume(agent, {
    ...{ owner: id, index: 0, imageName: APP },
    ...{ podId: "web-pod", podName: "web" },
  });
  assertEquals(names((await objects.read()).containers), ["app"]);
  const podId = parseContainerId("ab".repeat(32));
  const hidden = await objects.whileHidden(podId, async () => {
    await node.test.runtime.createPodSandbox(podOptions({
      ...{ podName: "two", podId, containerName: "two-infra" },
    }));
    return names((await objects.read()).pods);
  });
  assertEquals(hidden, ["web-infra"]);
  const { pods } = await objects.read();
  assertEquals(names(pods), ["web-infra", "two-infra"]);
});

Deno.test("KnownObjects recall the kubelet's as long as they are there", async () => {
  await using node = await criContext();
  const { agent } = node.test;
  const { objects } = node.context;
  const id = await node.make("app");
  assertEquals(objects.recallContainer(id)?.note.status.id, id);
  assertEquals(objects.recallContainer(id.slice(0, 12)), undefined);
  assertEquals(objects.recallPod("web-pod"), undefined);
  await Deno.remove(notePath(agent, id));
  assertEquals(objects.recallContainer(id), undefined);
});

Deno.test("KnownObjects keep notes with what is done meanwhile", async (t) => {
  await using node = await criContext();
  const { agent } = node.test;
  const { objects } = node.context;
  const id = await node.make("app");
  const before = objects.recallContainer(id)?.note;
  if (before === undefined) throw new Error("no note");
  const path = notePath(agent, id);
  const noted = async () => JSON.parse(await Deno.readTextFile(path)).phase;
  const left = async () => {
    const entries = Deno.readDir(path.replace(/[^/]*$/, ""));
    return (await Array.fromAsync(entries)).map(({ name }) => name).toSorted();
  };
  const names = await left();
  await t.step("not before it has ended", async () => {
    const seen: unknown[] = [];
    await objects.setNoteWhile(id, { ...before, phase: "creating" }, {
      act: async () => {
        await Promise.resolve();
        seen.push(await noted(), objects.recallContainer(id)?.note.phase);
      },
    });
    assertEquals(seen, ["complete", "complete"]);
    assertEquals(await noted(), "creating");
    assertEquals(objects.recallContainer(id)?.note.phase, "creating");
    assertEquals(await left(), names);
  });
  await t.step("not if it fails", async () => {
    const set = () =>
      objects.setNoteWhile(id, { ...before, phase: "removing" }, {
        act: () => Promise.reject(new Error("it failed")),
      });
    await assertRejects(set, Error, "it failed");
    assertEquals(await noted(), "creating");
    assertEquals(objects.recallContainer(id)?.note.phase, "creating");
    assertEquals(await left(), names);
  });
  await t.step("but in no damaged file", async () => {
    objects.setNote(id, { ...before, isDamaged: true });
    assertEquals(await noted(), "creating");
    assert(objects.recallContainer(id)?.note.isDamaged);
    objects.setNote(id, before, { directory: "later" });
    assertEquals(await noted(), "complete");
    assertEquals(objects.recallContainer(id)?.note, before);
  });
});

Deno.test("KnownObjects tell of a damaged note, and go on", async () => {
  await using node = await criContext();
  const { agent, messages } = node.test;
  const id = await node.make("app");
  await Deno.writeTextFile(notePath(agent, id), "{");
  const { containers } = await new KnownObjects(agent).read();
  const status = containers[0]?.note?.status;
  assertEquals([status?.state, status?.reason], [
    ...[ContainerState.CONTAINER_UNKNOWN, "Damaged"],
  ]);
  assertEquals([status?.id, status?.metadata?.name], [id, "app"]);
  const warning = messages.find((line) => line.startsWith("warn"));
  assertEquals(warning, `warn: ${status?.message}`);
});

Deno.test("PeoplesStates report what containers of people do", async (t) => {
  await using node = await criContext();
  const { agent, runtime } = node.test;
  const { CONTAINER_CREATED, CONTAINER_EXITED, CONTAINER_RUNNING } =
    ContainerState;
  const make = async (containerName: string) => {
    const { id } = await runtime.createContainer(
      containerOptions({ containerName }),
    );
    return id;
  };
  const states = () => new UnmanagedStates(agent);
  await t.step("made", async () => {
    assertEquals(states().of(await make("made")), {
      ...{ state: CONTAINER_CREATED, startedAtNs: 0n, finishedAtNs: 0n },
      exitCode: 0,
    });
  });
  await t.step("run, and ended", async () => {
    const id = await make("run");
    const run = await openRun(agent, id, { removal: "never", pod: undefined });
    await run.begin();
    const running = states().of(id);
    assertEquals(running.state, CONTAINER_RUNNING);
    assert(running.startedAtNs > 0n);
    await run.end(7);
    run[Symbol.dispose]();
    const ended = states().of(id);
    assertEquals([ended.state, ended.exitCode], [CONTAINER_EXITED, 7]);
    assert(ended.finishedAtNs >= ended.startedAtNs);
  });
  await t.step("ended, as conmon tells", async () => {
    const id = await make("told");
    node.end(id, 3);
    const { state, exitCode, finishedAtNs } = states().of(id);
    assertEquals([state, exitCode], [CONTAINER_EXITED, 3]);
    assert(finishedAtNs > 0n);
  });
  await t.step("the same for a while", async () => {
    const id = await make("kept");
    const kept = states();
    assertEquals(kept.of(id).state, CONTAINER_CREATED);
    node.end(id, 1);
    assertEquals(kept.of(id).state, CONTAINER_CREATED);
  });
});

Deno.test("KnownObjects see what others change of pods, after a while", async () => {
  await using node = await criContext();
  await makePodReady(node, { labels: { app: "a" } });
  const objects = new KnownObjects(node.test.agent);
  const read = async () => {
    const { pods: [pod] } = await objects.read();
    return pod?.sandbox?.request.labels;
  };
  assertEquals(await read(), { app: "a" });
  await makePodReady(node, { labels: { app: "other" } });
  await until(async () => (await read())?.["app"] === "other");
});
