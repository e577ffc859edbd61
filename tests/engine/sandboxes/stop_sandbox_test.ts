import { assertEquals, assertRejects } from "@std/assert";
import { exists } from "@std/fs";
import {
  findState,
  listAttachments,
} from "../../../src/engine/sandboxes/attachment_note.ts";
import { listSandboxes } from "../../../src/engine/sandboxes/list_sandboxes.ts";
import { noteUpdate } from "../../../src/engine/sandboxes/note_update.ts";
import { removeSandbox } from "../../../src/engine/sandboxes/remove_sandbox.ts";
import {
  placesOf,
  sandboxesDirectory,
} from "../../../src/engine/sandboxes/sandbox_places.ts";
import {
  readSandboxState,
  sandboxPath,
} from "../../../src/engine/sandboxes/sandbox_state.ts";
import { stopSandbox } from "../../../src/engine/sandboxes/stop_sandbox.ts";
import { NetworkError } from "../../../src/errors/network_errors.ts";
import {
  DamagedFileError,
  InUseError,
} from "../../../src/errors/store_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { attachmentPath } from "../../../src/store/paths.ts";
import { mountIn, notedSandboxes } from "../../support/noted_sandboxes.ts";
import { needs } from "../../support/peers.ts";
import { containerOptions } from "../../support/test_runtime.ts";

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
    Deno.mkdirSync(`${cgroup}/child`, { recursive: true });
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
    assertEquals(await exists(places.directory), false);
    assertEquals(await exists(cgroup), false);
    assertEquals(listAttachments(agent), []);
    assertEquals(await exists(places.lock), true);
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
    assertEquals(await exists(directory), false);
    // Its lock is made, and removed again.
    await noteUpdate(agent, NONE, { change: () => 1 });
    assertEquals([...Deno.readDirSync(directory)], []);
  },
);

Deno.test(
  "stopSandbox() has to be repeated if a network cannot be left",
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
    Deno.removeSync(places.directory, { recursive: true });
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

Deno.test(
  "who looks at a sandbox with damaged files is told",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { test, logged } = noted;
    const { agent } = test;
    const { id } = await noted.make("whole");
    const { id: bad } = await noted.make("damaged", { without: "note" });
    Deno.writeTextFileSync(sandboxPath(agent, bad), "{");
    assertEquals((await listSandboxes(agent)).map(({ id }) => id), [id]);
    const path = sandboxPath(agent, bad);
    const advice = `remove the pod: "orlop pod rm ${bad}"`;
    const [[level, message] = [], ...others] = logged;
    assertEquals([level, others], ["warn", []]);
    assertEquals(`${message}`.includes(`"${path}"`), true, `${message}`);
    assertEquals(`${message}`.endsWith(advice), true, `${message}`);
    await assertRejects(() => stopSandbox(agent, bad), DamagedFileError);
    await assertRejects(() => removeSandbox(agent, bad), DamagedFileError);
    Deno.writeTextFileSync(attachmentPath(agent.store.paths, bad), "{");
    const error = await assertRejects(
      () => removeSandbox(agent, bad),
      DamagedFileError,
    );
    assertEquals(error.message.includes("attachments"), true, error.message);
  },
);

Deno.test("noteUpdate() adds to what was asked for", NEEDED, async () => {
  using noted = await notedSandboxes();
  const { agent } = noted.test;
  const { id, state } = await noted.make("web");
  const seen: unknown[] = [];
  for (const update of [{ a: 1 }, null, [2]]) {
    await noteUpdate(agent, id, {
      change(before) {
        seen.push(before);
        return update;
      },
    });
    const [listed] = await listSandboxes(agent);
    assertEquals([listed?.update, listed?.state], [update, "ready"]);
    assertEquals(readSandboxState(agent, id)?.networks, state.networks);
  }
  assertEquals(seen, [undefined, { a: 1 }, null]);
  assertEquals(await exists(placesOf(agent.store.paths, id).lock), true);
});
