import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { readSandbox } from "../../../src/engine/sandboxes/list_sandboxes.ts";
import { removeSandbox } from "../../../src/engine/sandboxes/remove_sandbox.ts";
import { runSandbox } from "../../../src/engine/sandboxes/run_sandbox.ts";
import { runCommand } from "../../../src/process/run_command.ts";
import { isThere } from "../../../src/fs/if_there.ts";
import { needs } from "../../support/peers.ts";
import { needsNetworks } from "../../support/nodes/test_network.ts";
import { testSandboxes } from "../../support/sandboxes.ts";
import { until } from "../../support/until.ts";

const { ignore } = needs("runc", "conmon");

async function inodeOf(path: string): Promise<string> {
  const args = ["--dereference", "--format=%i", path];
  return (await runCommand("/usr/bin/stat", args)).stdout;
}

Deno.test({
  name: "runSandbox() keeps a PID namespace by a process in all the others",
  ignore: ignore || needsNetworks().ignore,
  async fn() {
    await using test = testSandboxes();
    const { agent } = test;
    const cgroupParent = `/orlop-test-${crypto.randomUUID().slice(0, 8)}/pod`;
    const { id, pid, namespaces } = await runSandbox(
      agent,
      test.request("web", {
        namespaces: { network: "pod", ipc: "pod", pid: "pod" },
        cgroupParent,
      }),
    );
    assertEquals(namespaces.pid, `/proc/${pid}/ns/pid`);
    const kinds = ["net", "ipc", "uts"] as const;
    for (const kind of kinds) {
      const path = kind === "net" ? namespaces.network : namespaces[kind];
      const inode = await inodeOf(`/proc/${pid}/ns/${kind}`);
      assertEquals(inode, await inodeOf(path ?? ""), kind);
    }
    assertNotEquals(
      await inodeOf(`/proc/${pid}/ns/pid`),
      await inodeOf("/proc/self/ns/pid"),
    );
    const { stdout } = await runCommand("/bin/cat", [`/proc/${pid}/cgroup`]);
    assert(stdout.includes(`${cgroupParent}/${id}`));
    assertEquals(readSandbox(agent, id)?.state, "ready");

    await runCommand("/bin/kill", ["-KILL", String(pid)]);
    await until(() => readSandbox(agent, id)?.state !== "ready");
    assertEquals(readSandbox(agent, id)?.state, "not-ready");
    await removeSandbox(agent, id);
    const top = `/sys/fs/cgroup/${cgroupParent.split("/")[1]}`;
    assert(!isThere(top) && !isThere(top.replace("cgroup/", "cgroup/memory/")));
  },
});
