/** Many sandboxes at once, with ports of the host, and over reboots. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { NetworkError } from "../../../src/errors/network_errors.ts";
import { listContainers } from "../../../src/engine/containers/list_containers.ts";
import { prune } from "../../../src/engine/cleanup/prune.ts";
import { deleteContainer } from "../../../src/engine/containers/delete_container.ts";
import { stopPod } from "../../../src/engine/pods/stop_pod.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import { workDirectory } from "../../../src/store/paths.ts";
import { removePodSandbox } from "../../../src/engine/pods/remove_pod_sandbox.ts";
import {
  listSandboxes,
  readSandbox,
} from "../../../src/engine/sandboxes/list_sandboxes.ts";
import { removeSandbox } from "../../../src/engine/sandboxes/remove_sandbox.ts";
import { runSandbox } from "../../../src/engine/sandboxes/run_sandbox.ts";
import type { Sandbox } from "../../../src/engine/sandboxes/sandbox.ts";
import {
  readSandboxState,
  sandboxPath,
  writeSandboxState,
} from "../../../src/engine/sandboxes/sandbox_state.ts";
import { stopSandbox } from "../../../src/engine/sandboxes/stop_sandbox.ts";
import { cleanUpSandboxes } from "../../../src/engine/sandboxes/clean_up_sandboxes.ts";
import { runCommand } from "../../../src/process/run_command.ts";
import { needsNetworks } from "../../support/nodes/test_network.ts";
import { type TestSandboxes, testSandboxes } from "../../support/sandboxes.ts";
import { freePort } from "../../support/servers/registry_server.ts";

// Its long form is tried by hand: 60 take most of a minute on two cores.
const COUNT = Number(Deno.env.get("ORLOP_SANDBOXES") ?? 8);

Deno.test({
  name: "runSandbox() makes many at once, each with addresses of its own",
  ...needsNetworks(),
  async fn() {
    await using test = testSandboxes();
    const names = Array.from({ length: COUNT }, (_value, n) => `pod-${n}`);
    const made = await Promise.all(
      names.map((name, index) =>
        runSandbox(
          test.agent,
          test.request(name, {
            ports: [{
              protocol: "tcp",
              containerPort: 80,
              hostPort: 41_000 + index,
            }],
          }),
        )
      ),
    );
    const ips = new Set(made.flatMap(({ ips }) => ips));
    assertEquals(ips.size, 2 * COUNT);
    assertEquals((await listSandboxes(test.agent)).length, COUNT);
    await Promise.all(made.map(({ id }) => stopSandbox(test.agent, id)));
    // One of two waits for the other; and what is gone may be stopped once more.
    await Promise.all(made.flatMap(({ id }) => [
      removeSandbox(test.agent, id),
      removeSandbox(test.agent, id),
      stopSandbox(test.agent, id),
    ]));
    await Promise.all(made.map(({ id }) => stopSandbox(test.agent, id)));
    assertEquals(await test.findLeaks(), []);
    assertEquals(await listContainers(test.agent), []);
  },
});

Deno.test({
  name:
    "runSandbox() leads ports of the host to the pod, on the address asked for",
  ...needsNetworks(),
  async fn() {
    await using test = testSandboxes();
    const port = freePort();
    const sandbox = await runSandbox(
      test.agent,
      test.request("web", {
        ports: [
          {
            protocol: "tcp",
            containerPort: 80,
            hostPort: port,
            hostIp: "127.0.0.1",
          },
          { protocol: "udp", containerPort: 53, hostPort: 0 },
        ],
      }),
    );
    const rules = (await runCommand("/usr/sbin/iptables-save", [])).stdout;
    const [ip] = sandbox.ips;
    assert(
      rules.split("\n").some((line) =>
        line.includes(`127.0.0.1/32`) && line.includes(`--dport ${port}`) &&
        line.includes(`--to-destination ${ip}:80`)
      ),
      rules,
    );
  },
});

Deno.test({
  name: "removeSandbox() releases what outlives a reboot",
  ...needsNetworks(),
  async fn() {
    // Rules of the firewall do not outlive one.
    await using test = testSandboxes({ ipMasq: false });
    const sandbox = await runSandbox(test.agent, test.request("web"));
    await reboot(test, sandbox);
    assertEquals(readSandbox(test.agent, sandbox.id)?.state, "not-ready");
    assertEquals(test.listLeases().length, 2);
    await removeSandbox(test.agent, sandbox.id);
    assertEquals(await test.findLeaks(), []);
  },
});

/** Takes away what a reboot does, and lets the sandbox be of an earlier boot. */
async function reboot(
  { agent, dir }: TestSandboxes,
  { id }: Sandbox,
): Promise<void> {
  const state = readSandboxState(agent, id);
  assert(state !== undefined);
  const bootId = crypto.randomUUID();
  writeSandboxState(agent, id, { ...state, bootId });
  for (const { target } of await agent.mounter.list(dir.join("run"))) {
    await agent.mounter.unmount(target, { mode: "lazy" });
  }
  await Deno.remove(dir.join("run/orlop/sandboxes"), { recursive: true });
}

Deno.test({
  name: "cleanUpSandboxes() releases what a lost record had, and nothing else",
  ...needsNetworks(),
  async fn() {
    await using test = testSandboxes();
    const { agent } = test;
    const { id } = await runSandbox(agent, test.request("web"));
    assertEquals(await cleanUpSandboxes(agent, test.networks), []);
    assertEquals(test.listLeases().length, 2);
    // Whoever shares the store removes the record.
    const note = test.dir.join("root/orlop/attachments", `${id}.json`);
    await Deno.rename(note, test.dir.join("note"));
    await removePodSandbox(agent, id);
    await Deno.rename(test.dir.join("note"), note);
    assertEquals(await cleanUpSandboxes(agent, test.networks), [id]);
    assertEquals(await test.findLeaks(), []);
  },
});

Deno.test({
  name: "whoever removes or stops a pod releases what it has",
  ...needsNetworks(),
  async fn(t) {
    await using test = testSandboxes();
    const { agent } = test;
    const scenarios: [string, (id: ContainerId) => Promise<unknown>][] = [
      ["removePodSandbox()", (id) => removePodSandbox(agent, id)],
      ["deleteContainer()", (id) => deleteContainer(agent, id)],
      ["stopPod()", async (id) => {
        await stopPod(agent, id);
        assertEquals(readSandbox(agent, id)?.state, "not-ready");
        assertEquals(test.listLeases(), []);
        await removePodSandbox(agent, id);
      }],
    ];
    for (const [name, scenario] of scenarios) {
      await t.step(name, async () => {
        const { id } = await runSandbox(agent, test.request("web"));
        await scenario(id);
        assertEquals(await listContainers(agent), []);
        await cleanUpSandboxes(agent);
        assertEquals(await test.findLeaks(), []);
      });
    }
  },
});

Deno.test({
  name: "prune() releases what a run that was killed has left",
  ...needsNetworks(),
  async fn() {
    await using test = testSandboxes();
    const { agent } = test;
    const { id } = await runSandbox(agent, test.request("web"));
    const run = { owner: "gone", removal: "at-end" };
    const path = join(workDirectory(agent.store.paths, id), "run.json");
    await Deno.writeTextFile(path, JSON.stringify(run));
    await prune(agent, { action: "plan" });
    assertEquals(test.listLeases().length, 2);
    await prune(agent);
    assertEquals(test.listLeases(), []);
    await deleteContainer(agent, id);
    await prune(agent);
    assertEquals(await test.findLeaks(), []);
  },
});

Deno.test({
  name: "removeSandbox() undoes one whose state is damaged, by its note",
  ...needsNetworks(),
  async fn() {
    await using test = testSandboxes();
    const { agent } = test;
    const { id } = await runSandbox(agent, test.request("web"));
    await Deno.writeTextFile(sandboxPath(agent, id), "");
    assertEquals(readSandbox(agent, id)?.state, "not-ready");
    await removeSandbox(agent, id);
    assertEquals(await test.findLeaks(), []);
    assertEquals(await listContainers(agent), []);
  },
});

Deno.test({
  name: "runSandbox() undoes all when a plugin fails, and reports what it said",
  ...needsNetworks(),
  async fn() {
    await using test = testSandboxes();
    const { agent, dir } = test;
    const plugins = dir.join("plugins");
    await Deno.mkdir(plugins);
    await Deno.writeTextFile(
      `${plugins}/broken`,
      `#!/bin/sh\n[ "$CNI_COMMAND" = DEL ] && exit\n` +
        `echo '{"code":11,"msg":"no address left","details":"of 10.0.0.0/30"}'\n` +
        "exit 1\n",
      { mode: 0o755 },
    );
    const path = `${test.networks.configDirectory}/10-test.conflist`;
    const list = JSON.parse(await Deno.readTextFile(path));
    list.plugins.push({ type: "broken" });
    await Deno.writeTextFile(path, JSON.stringify(list));
    const networks = {
      ...test.networks,
      pluginDirectories: ["/usr/lib/cni", "/opt/cni/bin", plugins],
    };
    const error = await assertRejects(
      () => runSandbox(agent, test.request("web", { networks })),
      NetworkError,
      `plugin "broken" says: no address left: of 10.0.0.0/30`,
    );
    assertEquals(error.category, "unavailable");
    assertEquals(error.plugin, "broken");
    assertEquals(await test.findLeaks(), []);
    assertEquals(await listContainers(agent), []);
    const { agent: { store } } = test;
    assertEquals(
      [...Deno.readDirSync(store.paths.containers)]
        .filter(({ isDirectory }) => isDirectory),
      [],
    );
  },
});
