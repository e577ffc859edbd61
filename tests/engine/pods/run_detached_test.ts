import { assert, assertEquals, assertRejects } from "@std/assert";
import { exists } from "@std/fs";
import { join } from "@std/path";
import { runDetached } from "../../../src/engine/pods/run_detached.ts";
import { CommandError } from "../../../src/errors/store_errors.ts";
import { workDirectory } from "../../../src/store/paths.ts";
import {
  makeIdle,
  MONITOR_NEEDS,
  type MonitoredStore,
  monitoredStore,
  untilEnded,
} from "../../support/monitored_container.ts";

async function countMounts({ agent }: MonitoredStore): Promise<number> {
  return (await agent.mounter.list(agent.store.paths.home))
    .filter(({ target }) => target.endsWith("/merged")).length;
}

Deno.test(
  "runDetached() runs a process that is logged, and stays mounted",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    const id = await makeIdle(test, "echo hello; exit 3");
    await runDetached(agent, id);
    assertEquals((await untilEnded(agent, id)).exitCode, 3);
    const log = join(workDirectory(agent.store.paths, id), "ctr.log");
    assert((await Deno.readTextFile(log)).endsWith(" stdout F hello\n"));
    assertEquals(await countMounts(test), 1);
  },
);

Deno.test(
  "runDetached() undoes all if a process cannot be started",
  MONITOR_NEEDS,
  async (t) => {
    for (const removal of ["never", "at-end"] as const) {
      await t.step(removal, async () => {
        await using test = await monitoredStore();
        const { agent } = test;
        const id = await makeIdle(test, "true");
        const path = join(workDirectory(agent.store.paths, id), "config.json");
        const template = JSON.parse(await Deno.readTextFile(path));
        template.process.args = ["/none"];
        await Deno.writeTextFile(path, JSON.stringify(template));
        const error = await assertRejects(
          () => runDetached(agent, id, { removal }),
          CommandError,
        );
        assertEquals(error.exitCode, 127);
        assertEquals(await countMounts(test), 0);
        assertEquals(
          await exists(workDirectory(agent.store.paths, id)),
          removal === "never",
        );
      });
    }
  },
);
