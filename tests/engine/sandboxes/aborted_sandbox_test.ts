/** Whoever asks for a sandbox gives up; nothing is left. */

import { assert, assertEquals } from "@std/assert";
import { listContainers } from "../../../src/engine/containers/list_containers.ts";
import { listSandboxes } from "../../../src/engine/sandboxes/list_sandboxes.ts";
import { removeSandbox } from "../../../src/engine/sandboxes/remove_sandbox.ts";
import { runSandbox } from "../../../src/engine/sandboxes/run_sandbox.ts";
import { stopSandbox } from "../../../src/engine/sandboxes/stop_sandbox.ts";
import { testSandboxes } from "../../support/sandboxes.ts";
import { needsNetworks } from "../../support/nodes/test_network.ts";

Deno.test({
  name: "runSandbox() leaves nothing when it is aborted",
  ...needsNetworks(),
  async fn(t) {
    await using test = testSandboxes();
    const { agent } = test;
    // Once whole: then the image is there.
    const { id } = await runSandbox(agent, test.request("first"));
    await removeSandbox(agent, id);
    let hasEnded = false;
    for (let ms = 1; !hasEnded && ms < 2_000; ms = Math.ceil(ms * 1.7)) {
      await t.step(`after ${ms} ms`, async () => {
        const aborting = new AbortController();
        const timer = setTimeout(() => aborting.abort("enough"), ms);
        try {
          const { signal } = aborting;
          await runSandbox(agent, { ...test.request("web"), signal });
          hasEnded = true;
        } catch (error) {
          assertEquals(error, "enough");
        }
        clearTimeout(timer);
        for (const { id } of await listSandboxes(agent)) {
          assert(hasEnded);
          await removeSandbox(agent, id);
        }
        assertEquals(await test.findLeaks(), []);
        assertEquals(await listContainers(agent), []);
      });
    }
    assertEquals(test.messages.filter((line) => line.startsWith("warn")), []);
  },
});

Deno.test({
  name: "stopSandbox() continues when it was aborted",
  ...needsNetworks(),
  async fn() {
    await using test = testSandboxes();
    const { agent } = test;
    for (const ms of [1, 5, 20, 60]) {
      const { id } = await runSandbox(agent, test.request("web"));
      try {
        await stopSandbox(agent, id, { signal: AbortSignal.timeout(ms) });
      } catch (error) {
        assertEquals(error instanceof Error && error.name, "TimeoutError");
      }
      await removeSandbox(agent, id);
      assertEquals(await test.findLeaks(), []);
    }
  },
});
