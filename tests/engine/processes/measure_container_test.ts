import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  measureContainer,
  measureContainers,
} from "../../../src/engine/processes/measure_container.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
} from "../../support/monitored_container.ts";
import { until } from "../../support/until.ts";

Deno.test(
  "measureContainers() measures what runs, all at once",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const script =
      "dd if=/dev/zero of=/file bs=1024 count=100; while :; do :; done";
    const busy = await test.run(script, { memory: 64 << 20 });
    const lazy = await test.run("sleep 1000");
    const made = await test.make("sleep 1000");
    const all = [busy, lazy, made].map(({ id }) => ({ id, name: "any" }));
    const before = await measureContainers(test.agent, all);
    assertEquals(before.map(({ id }) => id), [busy.id, lazy.id]);
    const measure = () => measureContainers(test.agent, all);
    await until(async () => {
      const [first] = await measure();
      return (first?.cpuNs ?? 0) > (before[0]?.cpuNs ?? 0);
    });
    const [first, second] = await measure();
    assert(first && second);
    assert(first.cpuNs > (before[0]?.cpuNs ?? 0));
    assert(first.startedAtMs !== undefined && first.startedAtMs <= first.atMs);
    assertEquals(first.memoryLimit, 64 << 20);
    assert(second.memoryLimit > 64 << 20);
    assert(first.memoryBytes > 0 && second.pids >= 1);
    assertEquals(first.network, { received: 0, sent: 0 });
    assertEquals((await measureContainer(test.agent, lazy.id)).id, lazy.id);
    await assertRejects(
      () => measureContainer(test.agent, made.id),
      Error,
      "nothing runs in it",
    );
  },
);
