import { assert, assertEquals } from "@std/assert";
import { LayerSizes } from "../../../src/engine/stats/layer_sizes.ts";
import { networkReader } from "../../../src/engine/stats/network_reader.ts";
import { UsageReader } from "../../../src/engine/stats/usage_reader.ts";
import {
  ownRuntime,
  stateFlags,
} from "../../../src/engine/runtimes/find_runtime.ts";
import type { Amount } from "../../../src/formats/kernel/cgroup_usage.ts";
import { findProgram } from "../../../src/process/find_program.ts";
import { runCommand } from "../../../src/process/run_command.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
} from "../../support/monitored_container.ts";
import { needs } from "../../support/peers.ts";
import { storeAgent } from "../../support/store_agent.ts";
import { until } from "../../support/until.ts";

const BUSY = "dd if=/dev/zero of=/file bs=1024 count=100; echo written; " +
  "while :; do :; done";

Deno.test("UsageReader reads what runc tells", MONITOR_NEEDS, async () => {
  await using test = await monitoredStore();
  const { id, readLog } = await test.run(BUSY, { memory: 64 << 20 });
  await until(() => readLog().includes("written"));
  const runtime = ownRuntime(test.agent, findProgram("runc"));
  const reader = new UsageReader(test.agent);
  const before = (await reader.readContainers([id])).get(id)?.usage;
  const { stdout } = await runCommand(runtime.program, [
    ...[...stateFlags(runtime), "events", "--stats", id],
  ]);
  const { data } = JSON.parse(stdout);
  assert(before);
  const isNear = (ours: Amount, its: number, tolerance: number) =>
    Math.abs(Number(ours) - its) <= tolerance;
  const { cpu, memory, processes } = before;
  assert(isNear(cpu.usageNs, data.cpu.usage.total, 2e9), stdout);
  assert(isNear(memory.usage, data.memory.usage.usage, 1 << 20), stdout);
  assertEquals(Number(memory.limit), data.memory.usage.limit);
  assertEquals(Number(processes.threads), data.pids.current);
});

Deno.test(
  "UsageReader reads a hundred groups as fast as one",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { id } = await test.run("sleep 1000");
    const reader = new UsageReader(test.agent);
    const sample = (await reader.readContainers([id])).get(id);
    assertEquals(sample?.path, `/orlop/${id}`);
    const missing = Array.from({ length: 100 }, (_, n) => `/orlop/none-${n}`);
    const found = await reader.readGroups([`/orlop/${id}`, ...missing]);
    assertEquals([...found.keys()], [`/orlop/${id}`]);
  },
);

Deno.test(
  "networkReader() reads by process and by namespace",
  needs("root", "nsenter"),
  async () => {
    const own = `/proc/${Deno.pid}/net/dev`;
    const file = `/proc/${Deno.pid}/ns/net`;
    const odd = `/nowhere/'"$(touch x)`;
    using store = storeAgent();
    const found = await networkReader(store.agent).get([
      own,
      file,
      "/nowhere",
      odd,
    ]);
    assertEquals([...found.keys()], [own, file]);
    const names = [own, file].map((name) =>
      found.get(name)?.map(({ name }) => name)
    );
    assertEquals(names[0], names[1]);
    assert(names[0]?.includes("lo"));
  },
);

Deno.test(
  "LayerSizes measures, and reports what it knows",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    using held = await agent.store.lock({ layers: "read" });
    const [layer] = held.layers.records;
    assert(layer);
    await using sizes = new LayerSizes(agent);
    const before = (await sizes.get([layer.id])).get(layer.id);
    assert(before && before.bytes > 100_000 && before.inodes > 10);
    const path = `${layerDirectory(agent.store.paths, layer.id)}/diff/more`;
    await Deno.writeTextFile(path, "x".repeat(100_000));
    assertEquals((await sizes.get([layer.id])).get(layer.id), before);
  },
);
