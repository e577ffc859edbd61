import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import {
  DuplicateIdError,
  DuplicateNameError,
} from "../../../src/errors/naming_errors.ts";
import {
  containerOptions,
  describeStore,
  podOptions,
  testPod,
} from "../../support/test_runtime.ts";

Deno.test("S27 createContainer() distinguishes a used ID from a used name", async () => {
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
  breakUndo = () => Deno.writeTextFileSync(join(paths.home, "tempdirs"), "");
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
  assertMatch(
    told ?? "",
    /remove container "blocked".*: something else is there.*after: a part of the path/,
  );
  // What is left is marked, and goes with the next command.
  await Deno.remove(join(paths.home, "tempdirs"));
  using held = await test.agent.store.lock({ containers: "read" });
  assertEquals(held.containers.lookUp("blocked"), undefined);
});

Deno.test("O1 a container whose maker was killed is removed by the next command", async () => {
  using test = await testPod();
  const before = await describeStore(test.agent);
  await test.runtime.createContainer(containerOptions({ containerId: "half" }));
  {
    const locks = { layers: "write", containers: "write" } as const;
    using held = await test.agent.store.lock(locks);
    const record = held.containers.lookUp("half");
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
