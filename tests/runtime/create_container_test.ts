import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  DuplicateIdError,
  DuplicateNameError,
  InvalidManifestError,
  InvalidSandboxIdError,
} from "../../src/errors.ts";
import type { RuntimeSpec } from "../../src/formats/runtime_spec.ts";
import { bigDataFileName } from "../../src/store/big_data.ts";
import {
  addImage,
  APP,
  containerOptions,
  describeStore,
  podOptions,
  testPod,
  type TestRuntime,
  testRuntime,
} from "../support/test_runtime.ts";

async function recordsOf({ agent: { store } }: TestRuntime, id: string) {
  using held = await store.lock({ layers: "read", containers: "read" });
  const container = held.containers.get(id);
  assert(container !== undefined);
  const layer = held.layers.get(container.layer);
  assert(layer !== undefined);
  return { container, layer };
}

async function readTemplate(dir: string): Promise<RuntimeSpec> {
  return JSON.parse(await Deno.readTextFile(join(dir, "config.json")));
}

Deno.test("S04 createContainer() tells ID, dir, run dir and config", async () => {
  using test = await testPod();
  const info = await test.runtime.createContainer(containerOptions());
  assertEquals(Object.keys(info).toSorted(), [
    ...["config", "dir", "id", "runDir"],
  ]);
  assertMatch(info.id, /^[0-9a-f]{64}$/);
  assertEquals(info.config?.config.Cmd, ["/bin/app"]);
});

Deno.test("S04 createContainer() tells no config if the image has none", async () => {
  using test = await testPod();
  await addImage(test.agent, {
    names: ["localhost/bare:1"],
    without: "config",
  });
  const { config, dir } = await test.runtime.createContainer(
    containerOptions({ imageName: "localhost/bare:1" }),
  );
  assertEquals(config, undefined);
  assertEquals((await readTemplate(dir)).process?.args, ["/bin/sh"]);
});

Deno.test("S16 createContainer() notes the name as typed, and the full ID", async () => {
  using test = await testPod();
  const { imageId } = test;
  const typed = [
    APP,
    "app:1",
    imageId,
    imageId.slice(0, 12),
    `containers-storage:${APP}@${imageId.slice(0, 12)}`,
  ];
  for (const [index, imageName] of typed.entries()) {
    const containerName = `c${index}`;
    const { id } = await test.runtime.createContainer(
      containerOptions({ containerName, imageName }),
    );
    const metadata = await test.runtime.getContainerMetadata(id);
    assertEquals(metadata.imageName, imageName);
    assertEquals(metadata.imageId, imageId);
    assertEquals(metadata.canonicalImageName, APP); // O17
  }
});

Deno.test("S16 createContainer() notes no name of an image that has none", async () => {
  using test = await testPod();
  const imageId = await addImage(test.agent, {
    names: [],
    config: { Cmd: ["/nameless"] },
  });
  const { id } = await test.runtime.createContainer(
    containerOptions({ imageName: "", imageId }),
  );
  assertEquals((await test.runtime.getContainerMetadata(id)).imageName, "");
});

Deno.test("S21 createContainer() fails on a damaged config, and makes nothing", async () => {
  using test = await testPod();
  const { imageId, agent } = test;
  const item = bigDataFileName(`sha256:${imageId}`);
  await Deno.writeTextFile(join(agent.store.paths.images, imageId, item), "{");
  const before = await describeStore(agent);
  await assertRejects(
    () => test.runtime.createContainer(containerOptions()),
    InvalidManifestError,
  );
  assertEquals(await describeStore(agent), before);
});

Deno.test("S24 S25 S26 createPodSandbox() writes one record with all", async () => {
  using test = await testPod();
  const { container, layer } = await recordsOf(test, "web-pod");
  assertEquals(container.names, ["web-infra", "web"]);
  assertEquals(container.image, test.imageId);
  assertEquals(JSON.parse(container.metadata ?? "")["pod-id"], "web-pod");
  assertEquals(container.flags, { MountLabel: "", ProcessLabel: "" });
  const { images } = test;
  const { layers } = await images.imageStatus(APP);
  assertEquals(layer.parent, layers.at(-1));
  assertEquals(layer.names, ["web-infra-layer"]); // S28
});

Deno.test("S22 S23 createPodSandbox() writes CRI-O's keys in their order", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: [APP] });
  const before = Math.floor(Date.now() / 1000);
  await test.runtime.createPodSandbox(
    podOptions({ uid: "u1", namespace: "ns", attempt: 2, metadataName: "m" }),
  );
  const { container } = await recordsOf(test, "web-pod");
  const metadata = JSON.parse(container.metadata ?? "");
  assertEquals(Object.keys(metadata), [
    ...["pod", "pod-name", "pod-id", "image-name", "image-id", "name"],
    ...["metadata-name", "uid", "namespace", "attempt", "created-at", "orlop"],
  ]);
  assert(metadata.pod);
  assertEquals(metadata.name, "web-infra");
  assertEquals(metadata["metadata-name"], "m");
  const age = metadata["created-at"] - before;
  assert(Number.isInteger(age) && age >= 0 && age < 60);
});

Deno.test("S22 S33 createContainer() leaves out what is empty", async () => {
  using test = await testPod();
  const { id } = await test.runtime.createContainer(
    containerOptions({ mountLabel: "system_u:object_r:x:s0" }),
  );
  const { container } = await recordsOf(test, id);
  assertEquals(Object.keys(JSON.parse(container.metadata ?? "")), [
    ...["pod-name", "pod-id", "image-name", "image-id", "name"],
    ...["metadata-name", "created-at", "mountlabel", "orlop"],
  ]);
  const metadata = await test.runtime.getContainerMetadata(id);
  assertEquals([metadata.pod, metadata.uid, metadata.namespace], [
    ...[false, "", ""],
  ]);
});

Deno.test("S32 createPodSandbox() stores uid, namespace and attempt", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: [APP] });
  const { id } = await test.runtime.createPodSandbox(
    podOptions({ uid: "u1", namespace: "ns", attempt: 2 }),
  );
  assertEquals(id, "web-pod");
  const metadata = await test.runtime.getContainerMetadata("web");
  const { pod, uid, namespace, attempt, mountLabel } = metadata;
  assertEquals([pod, uid, namespace, attempt, mountLabel], [
    ...[true, "u1", "ns", 2, ""],
  ]);
});

Deno.test("O17 createPodSandbox() takes one name for pod and container", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: [APP] });
  await test.runtime.createPodSandbox(podOptions({ containerName: "web" }));
  const { container } = await recordsOf(test, "web-pod");
  assertEquals(container.names, ["web"]);
});

Deno.test("S27 createContainer() tells a used ID from a used name", async () => {
  using test = await testPod();
  await test.runtime.createContainer(containerOptions({ containerId: "one" }));
  const before = await describeStore(test.agent);
  const again = (containerId: string, containerName: string) =>
    test.runtime.createContainer(
      containerOptions({ containerId, containerName }),
    );
  await assertRejects(() => again("one", "other"), DuplicateIdError, '"one"');
  await assertRejects(
    () => again("two", "server"),
    DuplicateNameError,
    'the name "server" is in use by container "one"',
  );
  await assertRejects(() => again("two", "web"), DuplicateNameError);
  await assertRejects(
    () => test.runtime.createPodSandbox(podOptions({ podId: "other" })),
    DuplicateNameError,
  );
  assertEquals(await describeStore(test.agent), before);
});

Deno.test("O13 createContainer() steals no name from another layer", async () => {
  using test = await testPod();
  await test.runtime.createContainer(
    containerOptions({ containerName: "a-layer" }),
  );
  // Container "a-layer" has layer "a-layer-layer"; nothing has "a-layer" yet.
  await test.runtime.createContainer(containerOptions({ containerName: "a" }));
  const { store } = test.agent;
  {
    using held = await store.lock({ layers: "write" });
    const [layer] = held.layers.records;
    assert(layer !== undefined);
    held.layers.update({ ...layer, names: ["mine-layer"] });
    held.layers.save();
  }
  const before = await describeStore(test.agent);
  await assertRejects(
    () =>
      test.runtime.createContainer(containerOptions({ containerName: "mine" })),
    DuplicateNameError,
    'the name "mine-layer" is in use by layer',
  );
  assertEquals(await describeStore(test.agent), before);
});

Deno.test("S29 createContainer() makes both directories, mode 0700", async () => {
  using test = await testPod();
  const { id, dir, runDir } = await test.runtime.createContainer(
    containerOptions(),
  );
  const base = ["overlay-containers", id, "userdata"];
  assertEquals(dir, test.dir.join("root", ...base));
  assertEquals(runDir, test.dir.join("run", ...base));
  for (const path of [dir, runDir]) {
    const { mode, isDirectory } = await Deno.stat(path);
    assertEquals([isDirectory, (mode ?? 0) & 0o7777], [true, 0o700]);
  }
});

Deno.test("S30 createContainer() undoes all if a directory cannot be made", async () => {
  using test = await testPod();
  const { paths } = test.agent.store;
  for (const parent of [paths.containers, paths.runContainers]) {
    const before = await describeStore(test.agent);
    await Deno.writeTextFile(join(parent, "blocked"), "");
    await assertRejects(
      () =>
        test.runtime.createContainer(
          containerOptions({ containerId: "blocked" }),
        ),
      Error,
      "blocked",
    );
    assertEquals(await describeStore(test.agent), before);
  }
  assert(
    test.messages.some((message) =>
      message === 'info: removing container "blocked", created in part'
    ),
  );
});

Deno.test("S31 O1 createContainer() throws the first error, and logs both", async () => {
  let breakUndo = () => {};
  const messages: string[] = [];
  using test = await testPod({
    log: (level, message) => {
      messages.push(`${level}: ${message}`);
      if (message.startsWith("removing")) breakUndo();
    },
  });
  const { paths } = test.agent.store;
  breakUndo = () =>
    Deno.removeSync(join(paths.home, "tempdirs"), { recursive: true });
  await Deno.writeTextFile(join(paths.runContainers, "blocked"), "");
  await assertRejects(
    () =>
      test.runtime.createContainer(
        containerOptions({ containerId: "blocked" }),
      ),
    Error,
    join(paths.runContainers, "blocked"),
  );
  const told = messages.find((message) => message.startsWith("warn: Cannot"));
  assertMatch(told ?? "", /remove container "blocked".*rename.*after: .*mkdir/);
  // What is left is marked, and goes with the next command.
  assertEquals(
    (await test.agent.store.lock({ containers: "read" })).containers
      .get("blocked"),
    undefined,
  );
});

Deno.test("O1 a container whose maker was killed is removed by the next command", async () => {
  using test = await testPod();
  const before = await describeStore(test.agent);
  await test.runtime.createContainer(containerOptions({ containerId: "half" }));
  {
    const locks = { layers: "write", containers: "write" } as const;
    using held = await test.agent.store.lock(locks);
    const record = held.containers.get("half");
    assert(record !== undefined);
    const flags = { ...record.flags, "orlop-incomplete": true };
    held.containers.update({ ...record, flags });
    held.containers.save();
  }
  const { layers, containers, files } = await describeStore(
    test.reopen().agent,
  ) as Record<string, unknown>;
  const { images: _, ...expected } = before as Record<string, unknown>;
  assertEquals({ layers, containers, files }, expected);
});

Deno.test("O15 createContainer() refuses an unknown pod, unless told not to", async () => {
  using test = await testPod();
  const options = containerOptions({ podId: "none", podName: "none" });
  await assertRejects(
    () => test.runtime.createContainer(options),
    InvalidSandboxIdError,
    "create it first",
  );
  await test.runtime.createContainer({ ...options, pod: "unchecked" });
});

Deno.test("O15 createContainer() refuses another name of a known pod", async () => {
  using test = await testPod();
  await assertRejects(
    () => test.runtime.createContainer(containerOptions({ podName: "other" })),
    DuplicateNameError,
    'belongs to pod "web"',
  );
});

Deno.test("S33 O15 createContainer() makes an infra container only if told", async () => {
  using test = testRuntime();
  await addImage(test.agent, { names: [APP] });
  const options = containerOptions({ podId: "p", containerId: "p" });
  await assertRejects(
    () => test.runtime.createContainer(options),
    InvalidSandboxIdError,
  );
  await test.runtime.createContainer({ ...options, pod: "unchecked" });
  assert((await test.runtime.getContainerMetadata("p")).pod);
});

Deno.test("S49 createContainer() makes a template of the image's config", async () => {
  using test = await testPod();
  await addImage(test.agent, {
    names: ["localhost/web:1"],
    config: {
      User: "www",
      Env: ["A=1"],
      Entrypoint: ["/srv/run"],
      Cmd: ["--port=80"],
      WorkingDir: "/srv",
    },
    files: {
      "etc/passwd": "root:x:0:0::/root:\nwww:x:33:34::/srv/home:\n",
      "etc/group": "adm:x:4:www\n",
    },
  });
  const { dir, id } = await test.runtime.createContainer(
    containerOptions({
      imageName: "localhost/web:1",
      settings: { env: ["B=2"], args: ["--port=81"] },
    }),
  );
  const { process, hostname, root } = await readTemplate(dir);
  assertEquals(process?.args, ["/srv/run", "--port=81"]);
  assertEquals(process?.cwd, "/srv");
  const { uid, gid, additionalGids } = process?.user ?? {};
  assertEquals([uid, gid, additionalGids], [33, 34, [4]]);
  for (const wanted of ["A=1", "B=2", "HOME=/srv/home"]) {
    assert(process?.env?.includes(wanted), wanted);
  }
  assertEquals(hostname, id.slice(0, 12));
  assertEquals(root?.path, "rootfs");
  assertEquals(test.mounter.table, []);
});

Deno.test("S49 createContainer() fails on an unknown user, and makes nothing", async () => {
  using test = await testPod();
  const before = await describeStore(test.agent);
  await assertRejects(
    () =>
      test.runtime.createContainer(
        containerOptions({ settings: { user: "nobody-knows" } }),
      ),
    TypeError,
    'Cannot find user "nobody-knows"',
  );
  assertEquals(await describeStore(test.agent), before);
});

Deno.test("S49 createContainer() takes a template of its caller", async () => {
  using test = await testPod();
  const template = {
    ociVersion: "1.1.0",
    process: { cwd: "/", args: ["/own"] },
    vendor: { kept: [1, 2] },
  };
  const { dir } = await test.runtime.createContainer(
    containerOptions({ template }),
  );
  assertEquals(await readTemplate(dir), template);
});

Deno.test("S49 createContainer() refuses a template that no runtime takes", async () => {
  using test = await testPod();
  const before = await describeStore(test.agent);
  for (
    const template of [
      { ociVersion: "2.0.0" },
      { ociVersion: "1.0.0", process: { cwd: "relative" } },
      { ociVersion: "1.0.0", process: { cwd: "/", env: ["=x"] } },
    ]
  ) {
    await assertRejects(
      () => test.runtime.createContainer(containerOptions({ template })),
      SyntaxError,
      "template of container",
    );
  }
  assertEquals(await describeStore(test.agent), before);
});
