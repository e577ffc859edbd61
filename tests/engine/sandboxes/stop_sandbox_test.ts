import { assert, assertEquals, assertRejects } from "@std/assert";
import { exists } from "@std/fs";
import { listAttachments } from "../../../src/engine/sandboxes/attachment_note.ts";
import { noteUpdate } from "../../../src/engine/sandboxes/note_update.ts";
import { removeSandbox } from "../../../src/engine/sandboxes/remove_sandbox.ts";
import { sandboxesDirectory } from "../../../src/engine/sandboxes/sandbox_places.ts";
import { readSandboxState } from "../../../src/engine/sandboxes/sandbox_state.ts";
import { stopSandbox } from "../../../src/engine/sandboxes/stop_sandbox.ts";
import { NetworkError } from "../../../src/errors/network_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { workDirectory } from "../../../src/store/paths.ts";
import {
  mountIn,
  notedSandboxes,
} from "../../support/nodes/noted_sandboxes.ts";
import { needs } from "../../support/peers.ts";

const NEEDED = needs("root", "timeout", "flock");
const NONE = parseContainerId("none");

Deno.test(
  "stopSandbox() releases all, and keeps the record",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { test, logged } = noted;
    const { agent, mounter } = test;
    const cgroup = test.dir.join("group");
    await Deno.mkdir(`${cgroup}/child`, { recursive: true });
    const { id, state, places } = await noted.make("web", {
      cgroups: [cgroup, `${cgroup}/child`, `${cgroup}/none`],
      pid: 7,
    });
    await mountIn(test, places);
    await stopSandbox(agent, id);
    assertEquals(noted.listCalls(), [
      `DEL back eth1 ${places.net}`,
      `DEL front eth0 ${places.net}`,
    ]);
    const { request: _request, ...stored } = readSandboxState(agent, id) ?? {};
    const { request: _asked, ...before } = state;
    assertEquals(stored, { ...before, phase: "stopped", pid: undefined });
    assertEquals(mounter.table, []);
    assert(!(await exists(places.directory)));
    assert(!(await exists(cgroup)));
    assertEquals(listAttachments(agent), []);
    assert(await exists(places.lock));
    await stopSandbox(agent, id);
    assertEquals(noted.listCalls().length, 2);
    assertEquals(logged, []);
  },
);

Deno.test(
  "stopSandbox() makes nothing for a sandbox that is none",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { agent } = noted.test;
    await stopSandbox(agent, NONE);
    await removeSandbox(agent, NONE);
    const directory = sandboxesDirectory(agent.store.paths);
    assert(!(await exists(directory)));
    // Its lock is made, and removed again.
    await noteUpdate(agent, NONE, { change: () => 1 });
    assertEquals(await Array.fromAsync(Deno.readDir(directory)), []);
  },
);

for (
  const [name, end] of [["stop", stopSandbox], [
    "remove",
    removeSandbox,
  ]] as const
) {
  Deno.test(
    `${name}Sandbox() releases a sandbox of which only the note is left`,
    NEEDED,
    async () => {
      using noted = await notedSandboxes();
      const { test, logged } = noted;
      const { agent, mounter } = test;
      const { id, places } = await noted.make("web");
      await mountIn(test, places);
      const directory = workDirectory(agent.store.paths, id);
      await Deno.remove(directory, { recursive: true });
      await end(agent, id);
      assertEquals(noted.listCalls(), [
        `DEL back eth1 ${places.net}`,
        `DEL front eth0 ${places.net}`,
      ]);
      assertEquals(mounter.table, []);
      assertEquals(listAttachments(agent), []);
      assert(!(await exists(directory)));
      assertEquals(logged, []);
    },
  );
}

Deno.test(
  "stopSandbox() must be repeated if a network cannot be left",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { test, plugins } = noted;
    const { agent, mounter } = test;
    const { id, places } = await noted.make("web");
    await mountIn(test, places);
    plugins.add("back", "echo busy >&2; exit 1");
    const error = await assertRejects(
      () => stopSandbox(agent, id),
      NetworkError,
    );
    assertEquals(error.plugin, "back");
    assertEquals(noted.listCalls().length, 2);
    assertEquals(readSandboxState(agent, id)?.phase, "stopping");
    assertEquals(listAttachments(agent), [id]);
    assertEquals(mounter.table.map(({ target }) => target), [
      ...[places.net, places.shm],
    ]);
    await assertRejects(() => removeSandbox(agent, id), NetworkError);
    assertEquals(readSandboxState(agent, id)?.phase, "stopping");
    plugins.add("back");
    await stopSandbox(agent, id);
    assertEquals(noted.listCalls().length, 6);
    assertEquals(readSandboxState(agent, id)?.phase, "stopped");
    assertEquals(mounter.table, []);
  },
);

Deno.test(
  "stopSandbox() leaves networks also when their namespace is gone",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { id, places } = await noted.make("web");
    await Deno.remove(places.directory, { recursive: true });
    await stopSandbox(noted.test.agent, id);
    assertEquals(noted.listCalls(), ["DEL back eth1", "DEL front eth0"]);
    assertEquals(readSandboxState(noted.test.agent, id)?.phase, "stopped");
  },
);

Deno.test(
  "stopSandbox() waits for plugins of a run that was killed",
  NEEDED,
  async (t) => {
    const cases = [["making", "after"], ["stopping", "after"], [
      "ready",
      "before",
    ]] as const;
    for (const [phase, when] of cases) {
      await t.step(phase, async () => {
        using noted = await notedSandboxes();
        const { test, plugins } = noted;
        const [go, told] = [test.dir.join("go"), test.dir.join("told")];
        // Of one that was complete no plugin is waited for, so that it may go on.
        plugins.add(
          "back",
          `test -e ${go} && echo after >${told}; touch ${go}`,
        );
        const { id, places } = await noted.make("web", { phase });
        const holder = new Deno.Command("flock", {
          args: ["--shared", places.programLock, "sh", "-c"].concat(
            `echo held; ${
              when === "after"
                ? `sleep 0.3; touch ${go}`
                : `until test -e ${go}; do sleep 0.05; done`
            }`,
          ),
          stdout: "piped",
        }).spawn();
        const reader = holder.stdout.getReader();
        await reader.read();
        await stopSandbox(test.agent, id);
        await reader.cancel();
        await holder.status;
        assertEquals(await exists(told), when === "after");
      });
    }
  },
);
