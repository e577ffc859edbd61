import { assertEquals, assertThrows } from "@std/assert";
import * as orlop from "orlop";
import { tempDir } from "./support/temp_dir.ts";

Deno.test("the library does what the commands do", () => {
  const calls = Object.entries(orlop)
    .filter(([, value]) => typeof value === "function")
    .map(([name]) => name)
    .filter((name) => !name.endsWith("Error"));
  for (
    const name of [
      ...["ImageServer", "RuntimeServer", "examine", "inspectContainer"],
      ...["killContainer", "listContainers", "listPods", "measureStore"],
      ...["openAgent", "prune", "runContainer", "stopPod", "storeImage"],
      ...["findSchedulers", "formatSchedule", "installSchedule"],
    ]
  ) {
    assertEquals(calls.filter((call) => call === name), [name]);
  }
});

Deno.test("an agent of the library gives no way to the records", async (t) => {
  using dir = tempDir();
  const agent = orlop.openAgent({
    root: dir.join("root"),
    runRoot: dir.join("run"),
  });
  await t.step("for readers of its members", () => {
    assertEquals(Object.keys(agent).sort(), [
      ...[
        "caller",
        "log",
        "mountOptions",
        "parts",
        "pauseImage",
        "pinnedImages",
        "registries",
      ],
    ]);
    // @ts-expect-error: nor is it in the type
    assertEquals(agent.store, undefined);
  });
  await t.step("and still all calls take it", async () => {
    const images = new orlop.ImageServer(agent);
    const runtime = new orlop.RuntimeServer(images);
    assertEquals(await images.listImages(), []);
    assertEquals(await orlop.listContainers(agent), []);
    assertEquals(await orlop.listPods(agent), []);
    assertEquals((await orlop.measureStore(agent)).images, []);
    assertEquals((await orlop.prune(agent)).removed, []);
    assertEquals(
      runtime instanceof orlop.RuntimeServer,
      images.agent === agent,
    );
  });
  await t.step("but no copy of it", () => {
    assertThrows(
      () => new orlop.ImageServer({ ...agent }),
      TypeError,
      "Cannot use the agent: it is not from openAgent()",
    );
  });
});
