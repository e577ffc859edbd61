import { assertEquals, assertRejects } from "@std/assert";
import { runContainer } from "../../../src/engine/pods/run_container.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { testPod } from "../../support/test_runtime.ts";

Deno.test("runContainer() starts nothing if it is stopped while it mounts", async () => {
  using test = await testPod();
  const { mounter } = test;
  const stop = new AbortController();
  const agent = {
    ...test.agent,
    mounter: {
      ...mounter,
      async mount(plan: Parameters<typeof mounter.mount>[0]) {
        await mounter.mount(plan);
        stop.abort(new Error("stopped"));
      },
    },
  };
  // A runtime that finds nothing wrong.
  const options = { runtime: "/bin/true", signal: stop.signal };
  const id = parseContainerId("web-pod");
  await assertRejects(() => runContainer(agent, id, options), Error, "stopped");
  assertEquals(mounter.table, []);
});
