import { create } from "@bufbuild/protobuf";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  ContainerState,
  ContainerStatusRequestSchema,
  PodSandboxState,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import { openRuntimeService } from "../../../src/cri/runtime/runtime_service.ts";
import { notePath } from "../../../src/cri/runtime/state/container_note.ts";
import { ContainerNotFoundError } from "../../../src/errors/not_found_errors.ts";
import { criContext } from "../../support/nodes/cri_context.ts";
import { assertCode, CODE, listAll } from "../../support/nodes/cri_answers.ts";
import { NODE_NEEDS } from "../../support/nodes/cri_node.ts";
import { startNodeHere } from "../../support/nodes/node_here.ts";
import { until } from "../../support/until.ts";

const { method } = RuntimeService;
const { CONTAINER_CREATED, CONTAINER_EXITED, CONTAINER_RUNNING } =
  ContainerState;

Deno.test("openRuntimeService() recovers, watches, and has all methods", async (t) => {
  await using node = await criContext();
  const { context: { agent, streaming }, call, test } = node;
  const [ended, running, half] = [
    await node.make("ended", { state: CONTAINER_RUNNING }),
    await node.make("running", { state: CONTAINER_RUNNING }),
    await node.make("half", { phase: "creating" }),
  ];
  node.end(ended, 3);
  const unseen = await node.make("unseen", { state: CONTAINER_RUNNING });
  const service = await openRuntimeService({
    ...{ agent, streaming, settings: {} },
  });
  const { methods } = service;
  const statusOf = async (containerId: string) => {
    const request = create(ContainerStatusRequestSchema, { containerId });
    const answer = await methods.containerStatus?.(request, call);
    const { state, exitCode } = answer?.status ?? {};
    return [state, exitCode];
  };
  await t.step("what an earlier daemon has left", async () => {
    assertEquals(await statusOf(ended), [CONTAINER_EXITED, 3]);
    // Nothing runs it any more.
    for (const id of [unseen, running]) {
      assertEquals(await statusOf(id), [CONTAINER_EXITED, 255]);
    }
    await assertRejects(() => statusOf(half), ContainerNotFoundError);
    assertEquals(
      test.messages.filter((line) => line.startsWith("info")),
      [`info: Removes container "${half}", which was cut short`],
    );
  });
  await t.step("what ends from now on", async () => {
    const path = notePath(agent, running);
    const note = await Deno.readTextFile(path);
    assert(note.includes("CONTAINER_EXITED"));
    const id = await node.make("later", { state: CONTAINER_RUNNING });
    assertEquals(await statusOf(id), [CONTAINER_RUNNING, 0]);
    node.end(id, 4);
    await until(async () => (await statusOf(id))[0] === CONTAINER_EXITED);
    assertEquals(await statusOf(id), [CONTAINER_EXITED, 4]);
  });
  await t.step("by all methods but checkpoints", () => {
    const missing = ["checkpointContainer", "checkpointPod", "restorePod"];
    assertEquals(
      Object.keys(methods).toSorted(),
      RuntimeService.methods.map(({ localName }) => localName)
        .filter((name) => !missing.includes(name)).toSorted(),
    );
  });
  await t.step("to its end", async () => {
    await service.settleContainers();
    await service[Symbol.asyncDispose]();
  });
});

Deno.test(
  "RuntimeService runs containers to their ends",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const { client } = node;
    const pod = await node.runPod("web");

    await t.step(
      "a pod has an address, and reports what was asked for",
      async () => {
        const { status } = await client.call(method.podSandboxStatus, {
          podSandboxId: pod.slice(0, 12),
        });
        assertEquals(status?.id, pod);
        assertEquals(status?.state, PodSandboxState.SANDBOX_READY);
        const { ip = "" } = status?.network ?? {};
        assert(ip.startsWith(node.addressPrefix), ip);
        assertEquals(status?.labels, { app: "web" });
        assertEquals(status?.annotations, { note: "of web" });
      },
    );

    await t.step(
      "a container ends by itself, with its log written",
      async () => {
        const id = await node.create(pod, "app", {
          script: "echo hello; exit 3",
        });
        assertEquals((await node.status(id)).state, CONTAINER_CREATED);
        await node.start(id);
        const ended = await node.waitFor(id, CONTAINER_EXITED);
        assertEquals([ended.exitCode, ended.reason], [3, "Error"]);
        assert(ended.createdAt <= ended.startedAt);
        assert(ended.startedAt <= ended.finishedAt);
        assertMatch(
          await Deno.readTextFile(ended.logPath),
          / stdout F hello\n$/,
        );
        assertEquals(ended.imageRef, ended.imageId);
        await assertCode(CODE.refused, () => node.start(id));
        await client.call(method.removeContainer, { containerId: id });
        await assertCode(CODE.notFound, () => node.status(id));
        await client.call(method.removeContainer, { containerId: id });
      },
    );

    await t.step(
      "a container that takes no notice is killed in time",
      async () => {
        const id = await node.create(pod, "deaf", {
          script: "trap '' TERM; sleep 1000 & wait; wait",
        });
        await node.start(id);
        const start = performance.now();
        await client.call(method.stopContainer, {
          containerId: id,
          timeout: 1n,
        });
        assert(performance.now() - start >= 1000);
        const { state, exitCode } = await node.status(id);
        assertEquals([state, exitCode], [CONTAINER_EXITED, 137]);
      },
    );

    await t.step("a second stop leaves less time than the first", async () => {
      const id = await node.create(pod, "shortened", {
        script: "trap '' TERM; sleep 1000 & wait; wait",
      });
      await node.start(id);
      const start = performance.now();
      const long = client.call(method.stopContainer, {
        containerId: id,
        timeout: 100n,
      });
      await client.call(method.stopContainer, { containerId: id, timeout: 0n });
      await long;
      assert(performance.now() - start < 20_000);
    });

    await t.step(
      "a container that waits to be started can be removed",
      async () => {
        const id = await node.create(pod, "waiting");
        await client.call(method.stopContainer, {
          containerId: id,
          timeout: 9n,
        });
        assertEquals((await node.status(id)).state, CONTAINER_EXITED);
        await client.call(method.removeContainer, { containerId: id });
      },
    );

    await t.step(
      "a command runs in a container, as long as it may",
      async () => {
        const id = await node.create(pod, "host");
        const exec = (script: string, timeout = 0n) =>
          client.call(method.execSync, {
            containerId: id,
            cmd: ["sh", "-c", script],
            timeout,
          });
        await assertCode(CODE.refused, () => exec("true"));
        await node.start(id);
        const { stdout, stderr, exitCode } = await exec(
          "echo a; echo b >&2; exit 4",
        );
        const texts = [stdout, stderr].map((bytes) =>
          new TextDecoder().decode(bytes)
        );
        assertEquals([...texts, exitCode], ["a\n", "b\n", 4]);
        await assertCode(CODE.deadline, () => exec("sleep 100", 1n));
        await assertCode(
          CODE.invalid,
          () => client.call(method.execSync, { containerId: id, cmd: [] }),
        );
      },
    );

    await t.step("a log that was moved away begins again", async () => {
      const id = await node.create(pod, "talker", {
        script: "while sleep 0.1; do echo a line; done",
      });
      await node.start(id);
      const { logPath } = await node.status(id);
      await Deno.rename(logPath, `${logPath}.1`);
      await client.call(method.reopenContainerLog, { containerId: id });
      const read = () => Deno.readTextFile(logPath);
      await until(async () => (await read()).endsWith("\n"));
      assertMatch(await read(), /stdout F a line\n/);
      await client.call(method.removeContainer, { containerId: id });
      await assertCode(
        CODE.notFound,
        () => client.call(method.reopenContainerLog, { containerId: id }),
      );
    });

    await t.step(
      "streams are for who has their URLs, on this machine",
      async () => {
        const id = await node.create(pod, "streamed");
        const exec = { containerId: id, cmd: ["sh"], stdout: true };
        await assertCode(CODE.refused, () => client.call(method.exec, exec));
        await node.start(id);
        const urls = await Promise.all([
          client.call(method.exec, exec),
          client.call(method.attach, { containerId: id, stdout: true }),
          client.call(method.portForward, { podSandboxId: pod, port: [80] }),
        ]);
        for (const { url } of urls) {
          assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+\/\w+\/[\w-]{43,}$/);
        }
        await assertCode(
          CODE.invalid,
          () => client.call(method.exec, { ...exec, cmd: [] }),
        );
        await assertCode(
          CODE.invalid,
          () => client.call(method.exec, { ...exec, tty: true, stderr: true }),
        );
      },
    );

    await t.step(
      "a program that is not there is told at the start",
      async () => {
        const changes = { command: ["/no/such"] };
        const id = await node.create(pod, "nothing", { changes });
        const start = () => node.start(id);
        const error = await assertRejects(start, Error, "/no/such");
        const { state, exitCode, reason, message } = await node.status(id);
        assertEquals(state, CONTAINER_EXITED);
        assertEquals([exitCode, reason], [128, "ContainerCannotRun"]);
        assertEquals(message, error.message);
        await assertCode(CODE.refused, start);
        await client.call(method.removeContainer, { containerId: id });
      },
    );

    await t.step(
      "a stopped pod takes no container, and is removed",
      async () => {
        const id = await node.create(pod, "last");
        await node.start(id);
        await client.call(method.stopPodSandbox, { podSandboxId: pod });
        assertEquals((await node.status(id)).state, CONTAINER_EXITED);
        await assertCode(CODE.refused, () => node.create(pod, "late"));
        await client.call(method.stopPodSandbox, { podSandboxId: pod });
        await client.call(method.removePodSandbox, { podSandboxId: pod });
        await client.call(method.removePodSandbox, { podSandboxId: pod });
        assertEquals(await listAll(node), { pods: [], containers: [] });
      },
    );
  },
);
