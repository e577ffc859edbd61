import { assert, assertEquals, assertRejects } from "@std/assert";
import { startPod } from "../../../src/engine/pods/start_pod.ts";
import { stopPod } from "../../../src/engine/pods/stop_pod.ts";
import {
  findSandbox,
  removePodSandbox,
  type RemovePodSandboxOptions,
} from "../../../src/engine/pods/remove_pod_sandbox.ts";
import {
  AmbiguousIdError,
  InvalidSandboxIdError,
} from "../../../src/errors/not_found_errors.ts";
import { InUseError, PolicyError } from "../../../src/errors/store_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { exists } from "@std/fs";
import { listAttachments } from "../../../src/engine/sandboxes/attachment_note.ts";
import { notedSandboxes } from "../../support/nodes/noted_sandboxes.ts";
import { needs } from "../../support/peers.ts";
import { libc } from "../../support/own_libc.ts";
import {
  containerOptions,
  podOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

/** The pod "web" with "server", and the pod "web2". */
async function twoPods(): Promise<TestRuntime & { readonly id: string }> {
  const test = await testPod({ libc });
  const { id } = await test.runtime.createContainer(containerOptions());
  await test.runtime.createPodSandbox(podOptions({
    ...{ podName: "web2", podId: "web-pod-2", containerName: "web2-infra" },
  }));
  return { ...test, id };
}

async function listNames({ agent }: TestRuntime): Promise<readonly string[]> {
  using held = await agent.store.lock({ containers: "read" });
  return held.containers.records.map(({ names = [] }) => names[0] ?? "");
}

function countMounts({ mounter: { table } }: TestRuntime): number {
  return table.filter(({ target }) => target.endsWith("/merged")).length;
}

Deno.test("removePodSandbox() does with its containers as it is told", async (t) => {
  const cases: readonly (readonly [
    RemovePodSandboxOptions,
    readonly string[],
    readonly string[],
  ])[] = [
    // What is removed, and what is left.
    [{}, ["web-infra"], ["server", "web2-infra"]],
    [{ members: "keep" }, ["web-infra"], ["server", "web2-infra"]],
    [{ members: "remove" }, ["server", "web-infra"], ["web2-infra"]],
    [
      { members: "remove", running: "end" },
      ["server", "web-infra"],
      ["web2-infra"],
    ],
  ];
  for (const [options, removed, left] of cases) {
    await t.step(JSON.stringify(options), async () => {
      using test = await twoPods();
      const ids = await removePodSandbox(test.agent, "web", options);
      const names = ids.map((id) => id === test.id ? "server" : "web-infra");
      assertEquals(names, removed);
      assertEquals((await listNames(test)).toSorted(), left);
    });
  }
  await t.step("refuse", async () => {
    using test = await twoPods();
    const error = await assertRejects(
      () => removePodSandbox(test.agent, "web", { members: "refuse" }),
      InUseError,
    );
    assertEquals(
      error.message,
      'Cannot remove pod "web": it has containers "server"; remove them first',
    );
    assertEquals(error.users, ["server"]);
    assertEquals((await listNames(test)).length, 3);
    await removePodSandbox(test.agent, "web2", { members: "refuse" });
    assertEquals((await listNames(test)).length, 2);
  });
});

Deno.test("findSandbox() finds pods by name and by the beginning of an ID", async (t) => {
  using test = await twoPods();
  using held = await test.agent.store.lock({ containers: "read" });
  const find = (text: string) => findSandbox(held.containers, text).id;
  assertEquals(find("web"), "web-pod");
  assertEquals(find("web-pod-2"), "web-pod-2");
  assertEquals(find("web2"), "web-pod-2");
  await t.step("but no containers in them", () => {
    for (const text of ["server", "nope", test.id]) {
      let error: unknown;
      try {
        find(text);
      } catch (thrown) {
        error = thrown;
      }
      assert(error instanceof InvalidSandboxIdError);
      assertEquals(
        error.message,
        `Cannot find pod "${text}": invalid sandbox ID: no pod has this name ` +
          "or ID",
      );
    }
  });
  await t.step("nor one of several", () => {
    let error: unknown;
    try {
      find("web-p");
    } catch (thrown) {
      error = thrown;
    }
    assert(error instanceof AmbiguousIdError, String(error));
  });
});

Deno.test("stopPod() unmounts all that is mounted in a pod", async () => {
  using test = await twoPods();
  for (const name of ["web-infra", "server", "web2-infra"]) {
    await test.runtime.startContainer(name);
    await test.runtime.startContainer(name);
  }
  assertEquals(countMounts(test), 3);
  assertEquals(await stopPod(test.agent, "web"), "web-pod");
  assertEquals(countMounts(test), 1);
});

Deno.test("stopPod() passes on why a container cannot be stopped", async () => {
  using test = await twoPods();
  await test.runtime.startContainer("server");
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(
    () => stopPod(test.agent, "web", { signal }),
    Error,
    "enough",
  );
  assertEquals(countMounts(test), 1);
});

Deno.test("startPod() leaves a kubelet's pod to it", async () => {
  using test = await twoPods();
  const dir = await test.runtime.getWorkDir("server");
  const path = `${dir}/config.json`;
  const template = JSON.parse(await Deno.readTextFile(path));
  const annotations = { "io.kubernetes.cri.container-type": "container" };
  await Deno.writeTextFile(path, JSON.stringify({ ...template, annotations }));
  const error = await assertRejects(
    () => startPod(test.agent, "web"),
    PolicyError,
  );
  assertEquals(
    error.message,
    'Cannot start pod "web": a kubelet created it, and starts it',
  );
});

Deno.test("startPod() starts in the order in which containers were made", async () => {
  using test = await twoPods();
  const { id: later } = await test.runtime.createContainer(
    containerOptions({ containerName: "later" }),
  );
  const path = `${test.agent.store.paths.containers}/containers.json`;
  const records = JSON.parse(await Deno.readTextFile(path));
  // Another tool may write them in any order.
  await Deno.writeTextFile(path, JSON.stringify(records.toReversed()));
  const mounted: string[] = [];
  const agent = {
    ...test.reopen().agent,
    mounter: {
      ...test.mounter,
      mount(plan: Parameters<typeof test.mounter.mount>[0]) {
        mounted.push(plan.target);
        throw new Error("enough");
      },
    },
  };
  const error = await assertRejects(
    () => startPod(agent, "web"),
    AggregateError,
  );
  assertEquals(error.errors.map(String), ["Error: enough", "Error: enough"]);
  using held = await agent.store.lock({ containers: "read" });
  const layers = new Map(held.containers.records.map((r) => [r.id, r.layer]));
  assertEquals(mounted.map((path) => path.split("/").at(-2)), [
    layers.get(parseContainerId(test.id)),
    layers.get(later),
  ]);
});

Deno.test("removePodSandbox() releases what a pod has, by ID and by name", {
  ...needs("root", "timeout", "flock"),
}, async (t) => {
  const cases: readonly (readonly [string, RemovePodSandboxOptions])[] = [
    ["web", {}],
    ["web-id", {}],
    ["web", { running: "end" }],
    ["web-id", { running: "end", members: "remove" }],
  ];
  for (const [name, options] of cases) {
    await t.step(`${name} ${JSON.stringify(options)}`, async () => {
      using noted = await notedSandboxes();
      const { agent } = noted.test;
      const { id, places } = await noted.make("web");
      const { id: kept } = await noted.make("kept");
      assertEquals(await removePodSandbox(agent, name, options), [id]);
      assertEquals(noted.listCalls(), ["DEL back eth1", "DEL front eth0"]);
      assert(!await exists(places.directory));
      assertEquals(listAttachments(agent), [kept]);
    });
  }
  await t.step("not if it is to stay", async () => {
    using noted = await notedSandboxes();
    const { agent, runtime } = noted.test;
    const { id } = await noted.make("web");
    await runtime.createContainer(containerOptions({ podId: id }));
    await assertRejects(
      () => removePodSandbox(agent, "web", { members: "refuse" }),
      InUseError,
    );
    await assertRejects(
      () => removePodSandbox(agent, "none"),
      InvalidSandboxIdError,
    );
    assertEquals([noted.listCalls(), listAttachments(agent)], [[], [id]]);
  });
});
