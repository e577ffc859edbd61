import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  type ContainerEventResponse,
  ContainerEventType,
  ContainerState,
  PodSandboxState,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import { isNameThere } from "../../../src/fs/if_there.ts";
import {
  containerConfig,
  type CriNode,
  IMAGE_MOUNT,
  NODE_NEEDS,
  podConfig,
  startNode,
} from "../../support/nodes/cri_node.ts";
import { StatusError } from "../../support/grpc_client.ts";
import { killProcess, readPid } from "../../support/kill_process.ts";
import { run } from "../../support/servers/registry_server.ts";
import { until } from "../../support/until.ts";

const { method } = RuntimeService;
const { CONTAINER_CREATED, CONTAINER_RUNNING, CONTAINER_EXITED } =
  ContainerState;
const [INVALID, DEADLINE, NOT_FOUND, EXISTS, REFUSED] = [3, 4, 5, 6, 9];

async function assertCode(
  code: number,
  call: () => Promise<unknown>,
): Promise<StatusError> {
  const error = await assertRejects(call, StatusError);
  assertEquals(error.code, code, error.message);
  return error;
}

Deno.test(
  "RuntimeService runs containers to their ends",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNode();
    const { client } = node;
    const pod = await node.runPod("web");

    await t.step(
      "a pod has an address, and tells what was asked for",
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
        await assertCode(REFUSED, () => node.start(id));
        await client.call(method.removeContainer, { containerId: id });
        await assertCode(NOT_FOUND, () => node.status(id));
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
        await assertCode(REFUSED, () => exec("true"));
        await node.start(id);
        const { stdout, stderr, exitCode } = await exec(
          "echo a; echo b >&2; exit 4",
        );
        const texts = [stdout, stderr].map((bytes) =>
          new TextDecoder().decode(bytes)
        );
        assertEquals([...texts, exitCode], ["a\n", "b\n", 4]);
        await assertCode(DEADLINE, () => exec("sleep 100", 1n));
        await assertCode(
          INVALID,
          () => client.call(method.execSync, { containerId: id, cmd: [] }),
        );
      },
    );

    await t.step("a log that was moved away begins anew", async () => {
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
        NOT_FOUND,
        () => client.call(method.reopenContainerLog, { containerId: id }),
      );
    });

    await t.step(
      "streams are for who has their URLs, on this machine",
      async () => {
        const id = await node.create(pod, "streamed");
        const exec = { containerId: id, cmd: ["sh"], stdout: true };
        await assertCode(REFUSED, () => client.call(method.exec, exec));
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
          INVALID,
          () => client.call(method.exec, { ...exec, cmd: [] }),
        );
        await assertCode(
          INVALID,
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
        await assertCode(REFUSED, start);
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
        await assertCode(REFUSED, () => node.create(pod, "late"));
        await client.call(method.stopPodSandbox, { podSandboxId: pod });
        await client.call(method.removePodSandbox, { podSandboxId: pod });
        await client.call(method.removePodSandbox, { podSandboxId: pod });
        assertEquals(await listAll(node), { pods: [], containers: [] });
      },
    );
  },
);

async function listAll({ client }: CriNode) {
  const { items } = await client.call(method.listPodSandbox, {});
  const { containers } = await client.call(method.listContainers, {});
  return {
    pods: items.map(({ id }) => id),
    containers: containers.map(({ id }) => id),
  };
}

Deno.test(
  "RuntimeService gives a retried request what it made",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNode();
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
        await assertCode(EXISTS, () =>
          node.client.call(method.runPodSandbox, {
            config: { ...config, labels: { other: "one" } },
          }));
        await node.start(containerId);
        await assertCode(EXISTS, make);
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
        assertEquals(second.reason.code, EXISTS);
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

Deno.test(
  "RuntimeService makes a container anew that it could not undo",
  NODE_NEEDS,
  async () => {
    await using node = await startNode();
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
    await assertCode(REFUSED, () => node.start(id));
    const next = await node.create(pod, "app");
    assert(next !== id);
    assertEquals(await listAll(node), { pods: [pod], containers: [next] });
  },
);

Deno.test(
  "RuntimeService ends a container without conmon",
  NODE_NEEDS,
  async () => {
    await using node = await startNode();
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
  "RuntimeService lists what a filter lets through",
  NODE_NEEDS,
  async () => {
    await using node = await startNode();
    const [one, two] = [await node.runPod("one"), await node.runPod("two")];
    const a = await node.create(one, "a");
    const b = await node.create(two, "b");
    await node.start(b);
    await node.client.call(method.stopPodSandbox, { podSandboxId: one });
    const pods = async (filter: Record<string, unknown>) => {
      const { items } = await node.client.call(method.listPodSandbox, {
        filter,
      });
      return items.map(({ id }) => id);
    };
    const containers = async (filter: Record<string, unknown>) => {
      const { containers } = await node.client.call(method.listContainers, {
        filter,
      });
      return containers.map(({ id }) => id);
    };
    assertEquals(await pods({ id: one.slice(0, 10) }), [one]);
    assertEquals(await pods({ labelSelector: { app: "two" } }), [two]);
    assertEquals(await pods({ labelSelector: { constructor: "" } }), []);
    assertEquals(await pods({ state: { state: 0 } }), [two]);
    assertEquals(await containers({ podSandboxId: one }), [a]);
    assertEquals(await containers({ state: { state: 1 } }), [b]);
    assertEquals(await containers({ id: b, labelSelector: { part: "a" } }), []);
    const parts = await Array.fromAsync(
      node.client.stream(method.streamContainers, {}),
    );
    assertEquals(
      parts.flatMap((part) => part.containers.map(({ id }) => id)),
      [a, b],
    );
  },
);

Deno.test("RuntimeService tells events", NODE_NEEDS, async () => {
  await using node = await startNode();
  const abort = new AbortController();
  const events: ContainerEventResponse[] = [];
  const stream = node.client.stream(method.getContainerEvents, {}, abort);
  const listening = (async () => {
    for await (const event of stream) events.push(event);
  })().catch(() => {});
  // What was asked for before is begun when this is answered.
  await node.client.call(method.version, {});
  const pod = await node.runPod("told");
  const id = await node.create(pod, "app", { script: "exit 0" });
  await node.start(id);
  await node.waitFor(id, CONTAINER_EXITED);
  await node.client.call(method.removePodSandbox, { podSandboxId: pod });
  const {
    CONTAINER_CREATED_EVENT,
    CONTAINER_STARTED_EVENT,
    CONTAINER_STOPPED_EVENT,
    CONTAINER_DELETED_EVENT,
  } = ContainerEventType;
  const told = (of: string) =>
    events.filter(({ containerId }) => containerId === of)
      .map(({ containerEventType }) => containerEventType);
  await until(() => told(pod).includes(CONTAINER_DELETED_EVENT));
  abort.abort();
  await listening;
  const all = [
    CONTAINER_CREATED_EVENT,
    CONTAINER_STARTED_EVENT,
    CONTAINER_STOPPED_EVENT,
    CONTAINER_DELETED_EVENT,
  ];
  assertEquals(told(id), all);
  assertEquals(told(pod), all);
  const stopped = events.find(({ containerId, containerEventType }) =>
    containerId === id && containerEventType === CONTAINER_STOPPED_EVENT
  );
  assertEquals(stopped?.containersStatuses.at(0)?.reason, "Completed");
  assertEquals(stopped?.podSandboxStatus?.id, pod);
});

Deno.test(
  "RuntimeService leaves alone what people made",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNode();
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
        const { message } = await assertCode(REFUSED, call);
        assertMatch(message, /it was not made by a kubelet; use "orlop /);
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
    await using node = await startNode();
    const pod = await node.runPod("thinned");
    const id = await node.create(pod, "app", {
      changes: {
        mounts: [IMAGE_MOUNT],
      },
    });
    await node.start(id);
    const removed = await node.orlop("container", "rm", "--force", id);
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
    await using node = await startNode();
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

Deno.test(
  "RuntimeService refuses what cannot be meant",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNode();
    const { client } = node;
    const pod = await node.runPod("good");
    const huge = "x".repeat(1024 * 1024);
    const configs = {
      "no metadata": {},
      "no name": { ...podConfig("a"), metadata: { name: "" } },
      "a huge name": podConfig(huge),
      "a NUL": podConfig("a\0b"),
      "a log directory that goes up": {
        ...podConfig("a"),
        logDirectory: "/var/log/../../etc",
      },
      "a log directory that is not absolute": {
        ...podConfig("a"),
        logDirectory: "logs",
      },
      "an unknown port": {
        ...podConfig("a"),
        portMappings: [{ containerPort: 70000, hostPort: 1 }],
      },
    };
    for (const [name, config] of Object.entries(configs)) {
      await t.step(`a pod with ${name}`, async () => {
        await assertCode(
          INVALID,
          () => client.call(method.runPodSandbox, { config }),
        );
      });
    }
    const containers = {
      "a log that goes up": { logPath: "../../../etc/passwd" },
      "an absolute log": { logPath: "/etc/passwd" },
      "no image": { image: { image: "" } },
      "no name": { metadata: { name: "" } },
      "a NUL in its name": { metadata: { name: "a\0" } },
    };
    for (const [name, changes] of Object.entries(containers)) {
      await t.step(`a container with ${name}`, async () => {
        await assertCode(INVALID, () => node.create(pod, "bad", { changes }));
      });
    }
    for (const id of ["", "..", "../../etc", "a\0", huge, pod.slice(0, 2)]) {
      await t.step(`the ID ${JSON.stringify(id).slice(0, 20)}`, async () => {
        await assertCode(NOT_FOUND, () => node.status(id));
        await assertCode(
          NOT_FOUND,
          () => client.call(method.podSandboxStatus, { podSandboxId: id }),
        );
        await client.call(method.removeContainer, { containerId: id });
        await client.call(method.stopPodSandbox, { podSandboxId: id });
      });
    }
    assertEquals(await listAll(node), { pods: [pod], containers: [] });
  },
);
