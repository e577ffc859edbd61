import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { listProcesses } from "../../../src/engine/processes/list_processes.ts";
import { ContainerNotFoundError } from "../../../src/errors/not_found_errors.ts";
import {
  MONITOR_NEEDS,
  type MonitoredStore,
  monitoredStore,
} from "../../support/monitored_container.ts";
import { until } from "../../support/until.ts";

/** Where the files of a container are. */
async function rootOf({ agent }: MonitoredStore, id: string): Promise<string> {
  using held = await agent.store.lock({ containers: "read" });
  const layer = held.containers.lookUp(id)?.layer ?? "";
  return join(agent.store.paths.home, layer, "merged");
}

Deno.test("listProcesses() reports processes as the container sees them", {
  ...MONITOR_NEEDS,
}, async () => {
  await using test = await monitoredStore();
  const { id } = await test.run("sleep 1000 & exec sleep 2000");
  const root = await rootOf(test, id);
  await Deno.mkdir(join(root, "etc"), { recursive: true });
  await Deno.writeTextFile(
    join(root, "etc/passwd"),
    "root:x:0:0::/:/bin/sh\nodd\nother:x:0:0::/:/bin/sh\nweb:x:7:8::/:/x\n",
  );
  await Deno.writeTextFile(
    join(root, "etc/group"),
    "root:x:0:\nodd\nwheel:x:0:\nweb:x:8:a,b\n",
  );
  await until(async () => {
    const { processes } = await listProcesses(test.agent, id);
    return processes.filter(({ args }) => args[0] === "sleep").length === 2;
  });
  const { processes, users, groups } = await listProcesses(test.agent, id);
  const [first, second, ...others] = processes.toSorted((a, b) =>
    a.pid - b.pid
  );
  assertEquals(others, []);
  assert(first !== undefined && second !== undefined);
  assertEquals([first.pid, first.parentPid, first.args], [
    ...[1, 0],
    ["sleep", "2000"],
  ]);
  assertEquals([second.parentPid, second.args], [1, ["sleep", "1000"]]);
  assertEquals(second.stat.parentPid, first.hostPid);
  assertEquals(first.status.get("Uid"), "0\t0\t0\t0");
  for (const { hostPid, pid, status } of [first, second]) {
    assertEquals(status.get("NSpid")?.split("\t").at(-1), `${pid}`);
    assertEquals(status.get("Pid"), `${hostPid}`);
    assert(hostPid !== pid);
  }
  assertEquals([...users], [[0, "root"], [7, "web"]]);
  assertEquals([...groups], [[0, "root"], [8, "web"]]);
  await Deno.remove(join(root, "etc"), { recursive: true });
  const bare = await listProcesses(test.agent, id);
  assertEquals([bare.users.size, bare.groups.size], [0, 0]);
});

Deno.test("listProcesses() needs a container with a process", {
  ...MONITOR_NEEDS,
}, async () => {
  await using test = await monitoredStore();
  const { id } = await test.make("sleep 1000");
  const { agent } = test;
  using held = await agent.store.lock({ containers: "read" });
  const [name] = held.containers.lookUp(id)?.names ?? [];
  held[Symbol.dispose]();
  const error = await assertRejects(() => listProcesses(agent, id), Error);
  assertEquals(
    error.message,
    `Cannot list the processes of container "${name}": nothing runs in it`,
  );
  await assertRejects(
    () => listProcesses(agent, "none"),
    ContainerNotFoundError,
  );
});
