import { assertEquals, assertRejects } from "@std/assert";
import { findState } from "../../../src/engine/sandboxes/attachment_note.ts";
import { listSandboxes } from "../../../src/engine/sandboxes/list_sandboxes.ts";
import { removeSandbox } from "../../../src/engine/sandboxes/remove_sandbox.ts";
import { sandboxesDirectory } from "../../../src/engine/sandboxes/sandbox_places.ts";
import { readSandboxState } from "../../../src/engine/sandboxes/sandbox_state.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import { notedSandboxes } from "../../support/nodes/noted_sandboxes.ts";
import { needs } from "../../support/peers.ts";
import { containerOptions } from "../../support/test_runtime.ts";

const NEEDED = needs("root", "timeout", "flock");

Deno.test(
  "removeSandbox() removes records, notes and locks",
  NEEDED,
  async (t) => {
    using noted = await notedSandboxes();
    const { test } = noted;
    const { agent, runtime } = test;
    const listNames = () =>
      [...Deno.readDirSync(sandboxesDirectory(agent.store.paths))]
        .map(({ name }) => name);
    await t.step("not of one with containers, which is stopped", async () => {
      const { id } = await noted.make("busy");
      const { id: member } = await runtime.createContainer(
        containerOptions({ podName: "busy", podId: id }),
      );
      await assertRejects(() => removeSandbox(agent, id), InUseError);
      assertEquals(readSandboxState(agent, id)?.phase, "stopped");
      await runtime.deleteContainer(member);
      await removeSandbox(agent, id);
      assertEquals(findState(agent, id), undefined);
    });
    await t.step("of one that has ended", async () => {
      const { id } = await noted.make("over", { phase: "stopped" });
      const before = noted.listCalls().length;
      await removeSandbox(agent, id);
      assertEquals(noted.listCalls().length, before);
      assertEquals(findState(agent, id), undefined);
    });
    assertEquals(listNames(), ["over-id"]); // it was not expected any more
    assertEquals(await listSandboxes(agent), []);
  },
);
