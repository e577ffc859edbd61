import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  AttachRequestSchema,
  ContainerEventType,
  ContainerFilterSchema,
  ContainerState,
  ExecRequestSchema,
  ExecSyncRequestSchema,
  LinuxContainerResourcesSchema,
  UpdateContainerResourcesRequestSchema,
} from "../../../../src/cri/api/api_pb.js";
import { execSync } from "../../../../src/cri/runtime/containers/exec_sync.ts";
import { checkCommand } from "../../../../src/cri/runtime/containers/find_running.ts";
import {
  containerStatus,
  listContainers,
  streamContainers,
} from "../../../../src/cri/runtime/containers/list_containers.ts";
import { removeContainer } from "../../../../src/cri/runtime/containers/remove_container.ts";
import { startContainer } from "../../../../src/cri/runtime/containers/start_container.ts";
import { stopContainer } from "../../../../src/cri/runtime/containers/stop_container.ts";
import {
  attach,
  exec,
} from "../../../../src/cri/runtime/containers/streams.ts";
import { updateContainerResources } from "../../../../src/cri/runtime/containers/update_container.ts";
import {
  listPodSandbox,
  podSandboxStatus,
} from "../../../../src/cri/runtime/pods/list_pods.ts";
import { ContainerNotFoundError } from "../../../../src/errors/not_found_errors.ts";
import {
  InUseError,
  PolicyError,
} from "../../../../src/errors/store_errors.ts";
import { containerOptions } from "../../../support/test_runtime.ts";
import { criContext } from "../../../support/nodes/cri_context.ts";

const { CONTAINER_EXITED, CONTAINER_RUNNING, CONTAINER_CREATED } =
  ContainerState;

Deno.test("startContainer() starts what waits to be started, and nothing else", async (t) => {
  await using node = await criContext();
  const { context, call } = node;
  const start = (containerId: string) =>
    startContainer(context, {
      ...{ $typeName: "runtime.v1.StartContainerRequest", containerId },
    }, call);
  const cases = [
    [{ state: CONTAINER_EXITED }, "it was started before"],
    [{ state: CONTAINER_RUNNING }, "it was started before"],
    [{ phase: "creating" }, "its creation was cut short"],
    [{ phase: "removing" }, "its removal was cut short"],
  ] as const;
  for (const [index, [made, why]] of cases.entries()) {
    await t.step(JSON.stringify(made), async () => {
      const id = await node.make(`app-${index}`, made);
      const error = await assertRejects(() => start(id), InUseError);
      assertEquals(error.message, `Cannot start container "${id}": ${why}`);
      assertEquals(error.users, [id]);
    });
  }
  await t.step("one that is not there", async () => {
    await assertRejects(() => start("none"), ContainerNotFoundError);
  });
});

Deno.test("listContainers() chooses by state, pod and labels", async (t) => {
  await using node = await criContext();
  const { context, call } = node;
  const one = await node.make("one", {
    ...{ state: CONTAINER_RUNNING, labels: { a: "1" } },
  });
  const two = await node.make("two", { state: CONTAINER_EXITED });
  type FilterInit = Exclude<
    MessageInitShape<typeof ContainerFilterSchema>,
    { readonly $typeName: string }
  >;
  const cases: readonly (readonly [FilterInit | undefined, string[]])[] = [
    [undefined, [one, two]],
    [{}, [one, two]],
    [{ state: { state: CONTAINER_RUNNING } }, [one]],
    [{ state: { state: CONTAINER_EXITED } }, [two]],
    [{ state: { state: CONTAINER_CREATED } }, []],
    [{ id: one }, [one]],
    [{ podSandboxId: "web-pod" }, [one, two]],
    [{ podSandboxId: "other" }, []],
    [{ labelSelector: { a: "1" } }, [one]],
    [{ labelSelector: { a: "2" } }, []],
  ];
  for (const [filter, ids] of cases) {
    await t.step(JSON.stringify(filter) ?? "all", async () => {
      const request = {
        $typeName: "runtime.v1.ListContainersRequest",
        ...filter && { filter: create(ContainerFilterSchema, filter) },
      } as const;
      const { containers } = await listContainers(context, request, call);
      assertEquals(containers.map(({ id }) => id).toSorted(), ids.toSorted());
    });
  }
  await t.step("in parts", async () => {
    const request = {
      $typeName: "runtime.v1.StreamContainersRequest",
    } as const;
    const parts = await Array.fromAsync(
      streamContainers(context, request, call),
    );
    assertEquals(parts.map(({ containers }) => containers.length), [2]);
  });
});

Deno.test("statuses tell more where they are asked for more", async () => {
  await using node = await criContext();
  const { context, call } = node;
  const id = await node.make("app", { state: CONTAINER_RUNNING });
  const ask = (verbose: boolean) =>
    containerStatus(context, {
      $typeName: "runtime.v1.ContainerStatusRequest",
      ...{ containerId: id.slice(0, 12), verbose },
    }, call);
  const [isVerbose, isBrief] = [true, false];
  const brief = await ask(isBrief);
  assertEquals([brief.status.id, brief.info], [id, {}]);
  const info = JSON.parse((await ask(isVerbose)).info["info"] ?? "");
  assertEquals([info.sandboxID, info.pid, info.names], ["web-pod", 0, ["app"]]);
  const askPod = (verbose: boolean) =>
    podSandboxStatus(context, {
      $typeName: "runtime.v1.PodSandboxStatusRequest",
      ...{ podSandboxId: "web-pod", verbose },
    }, call);
  const pod = await askPod(isBrief);
  assertEquals([pod.status?.id, pod.info], ["web-pod", {}]);
  assertEquals(pod.containersStatuses.map((status) => status.id), [id]);
  const podInfo = JSON.parse((await askPod(isVerbose)).info["info"] ?? "");
  assertEquals([podInfo.pid, podInfo.names], [0, ["web-infra", "web"]]);
  const { items } = await listPodSandbox(context, {
    $typeName: "runtime.v1.ListPodSandboxRequest",
  }, call);
  assertEquals(items.map((item) => item.id), ["web-pod"]);
});

Deno.test("commands run in what runs, and name a program", async (t) => {
  await using node = await criContext();
  const { context, call, wanted } = node;
  const running = await node.make("app", { state: CONTAINER_RUNNING });
  const made = await node.make("made");
  const request = (containerId: string) =>
    create(ExecRequestSchema, { containerId, cmd: ["ls"], stdin: true });
  await t.step("by a URL", async () => {
    const { url } = await exec(context, request(running), call);
    assertEquals(url, "http://127.0.0.1:1/1");
    const { stdin, stdout, terminal } = wanted[0] ?? {};
    assertEquals([stdin, stdout, terminal], [true, false, false]);
    const { url: other } = await attach(
      context,
      create(AttachRequestSchema, { containerId: running, stdout: true }),
      call,
    );
    assertEquals(other, "http://127.0.0.1:1/2");
    assertEquals([wanted[1]?.stdin, wanted[1]?.stdout], [false, true]);
  });
  await t.step("not where nothing runs", async () => {
    const sync = create(ExecSyncRequestSchema, {
      ...{ containerId: made, cmd: ["ls"] },
    });
    for (
      const run of [
        () => exec(context, request(made), call),
        () => execSync(context, sync, call),
      ]
    ) {
      const error = await assertRejects(run, InUseError);
      assertEquals(
        error.message,
        `Cannot run a command in container "${made}": it does not run`,
      );
    }
  });
  await t.step("not without a program", () => {
    const told = (...command: string[]) =>
      assertThrows(() => checkCommand(command), TypeError).message;
    assertEquals(told(), 'Cannot use command "": it names no program');
    assertEquals(told("", "a"), 'Cannot use command "": it names no program');
    assertEquals(told("a", "b\0"), 'Cannot use command "a": it has a NUL');
    checkCommand(["a", ""]);
  });
});

Deno.test("what is not there is stopped and removed; what people made is not", async (t) => {
  await using node = await criContext();
  const { context, call, test } = node;
  const stop = (containerId: string) =>
    stopContainer(context, {
      $typeName: "runtime.v1.StopContainerRequest",
      ...{ containerId, timeout: 1n },
    }, call);
  const remove = (containerId: string) =>
    removeContainer(context, {
      $typeName: "runtime.v1.RemoveContainerRequest",
      containerId,
    }, call);
  assertEquals(await stop("none"), {});
  assertEquals(await remove("none"), {});
  const { id } = await test.runtime.createContainer(containerOptions());
  for (
    const [verb, scenario] of [["stop", stop], ["remove", remove]] as const
  ) {
    await t.step(verb, async () => {
      const error = await assertRejects(() => scenario(id), PolicyError);
      assert(error.message.startsWith(`Cannot ${verb} container "server": `));
    });
  }
  await t.step("what has ended stays so, and goes", async () => {
    const ended = await node.make("app", { state: CONTAINER_EXITED });
    assertEquals(await stop(ended), {});
    assertEquals(node.status(ended)?.state, CONTAINER_EXITED);
    assertEquals(await remove(ended), {});
    assertEquals(node.status(ended), undefined);
    await context.removals.settle();
    using held = await test.agent.store.lock({ containers: "read" });
    assertEquals(held.containers.lookUp(ended), undefined);
  });
});

Deno.test("what could not be made is stopped with the reason why", async (t) => {
  await using node = await criContext();
  const { context, call } = node;
  const cases = [
    ['exec: "/nope": no such file or directory', "ContainerCannotRun"],
    ["cannot set limits: device or resource busy", "StartError"],
  ] as const;
  for (const [index, [why, expected]] of cases.entries()) {
    await t.step(expected, async () => {
      const id = await node.make(`app-${index}`);
      context.processes.set(id, { kind: "failed", error: new Error(why) });
      const heard = node.listen();
      for (const _ of ["once", "again"]) {
        await stopContainer(context, {
          $typeName: "runtime.v1.StopContainerRequest",
          ...{ containerId: id, timeout: 1n },
        }, call);
      }
      const { state, exitCode, reason, message, startedAt, finishedAt = 0n } =
        node.status(id) ?? {};
      assertEquals(
        { state, exitCode, reason, message, startedAt },
        {
          ...{ state: CONTAINER_EXITED, exitCode: 128, reason: expected },
          ...{ message: why, startedAt: 0n },
        },
      );
      assert(finishedAt > 0n);
      const events = await heard();
      assertEquals(events.map((event) => event.containerEventType), [
        ContainerEventType.CONTAINER_STOPPED_EVENT,
      ]);
    });
  }
});

Deno.test("limits are changed of what has not ended", async () => {
  await using node = await criContext();
  const { context, call } = node;
  const ended = await node.make("app", { state: CONTAINER_EXITED });
  const update = (linux?: object) =>
    updateContainerResources(
      context,
      create(UpdateContainerResourcesRequestSchema, {
        containerId: ended,
        ...linux && { linux: create(LinuxContainerResourcesSchema, linux) },
      }),
      call,
    );
  const error = await assertRejects(
    () => update({ cpuShares: 2n }),
    InUseError,
  );
  assertEquals(
    error.message,
    `Cannot change the limits of container "${ended}": it has ended`,
  );
  assertEquals(await update(), {});
});
