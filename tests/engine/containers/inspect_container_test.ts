import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { inspectContainer } from "../../../src/engine/containers/inspect_container.ts";
import { ContainerNotFoundError } from "../../../src/errors/not_found_errors.ts";
import { containerOptions, testPod } from "../../support/test_runtime.ts";

Deno.test("inspectContainer() tells all of a container that never started", async () => {
  using test = await testPod();
  const info = await test.runtime.createContainer(containerOptions());
  const details = await inspectContainer(test.agent, "server");
  assertEquals(details.id, info.id);
  assertEquals(details.record.names, ["server"]);
  assertEquals(details.metadata?.podId, "web-pod");
  assertEquals([details.dir, details.runDir], [info.dir, info.runDir]);
  assertEquals(details.template?.process?.args, ["/bin/app"]);
  assertEquals([details.bundleConfig, details.mountPoint], [
    ...[undefined, undefined],
  ]);
  assertEquals(details.differences, []);
});

Deno.test("inspectContainer() reports how template and bundle config differ", async () => {
  using test = await testPod();
  await test.runtime.createContainer(containerOptions());
  const root = await test.runtime.startContainer("server");
  const { dir, differences, mountPoint } = await inspectContainer(
    test.agent,
    "server",
  );
  assertEquals(mountPoint, root);
  const moved = { path: "root.path", template: "rootfs", bundle: root };
  assertEquals(differences, [moved]);

  const path = join(dir, "config.json");
  const template = JSON.parse(await Deno.readTextFile(path));
  const { hostname: _, ...rest } = template;
  const args = ["/other"];
  await Deno.writeTextFile(
    path,
    JSON.stringify({ ...rest, process: { ...rest.process, args }, new: 1 }),
  );
  const changed = await inspectContainer(test.agent, "server");
  assertEquals(
    Object.fromEntries(changed.differences.map((difference) => [
      difference.path,
      [difference.template, difference.bundle],
    ])),
    {
      "root.path": ["rootfs", root],
      "process.args": [args, ["/bin/app"]],
      hostname: [undefined, template.hostname],
      new: [1, undefined],
    },
  );
});

Deno.test("inspectContainer() refuses an unknown container", async () => {
  using test = await testPod();
  await assertRejects(
    () => inspectContainer(test.agent, "none"),
    ContainerNotFoundError,
  );
});
