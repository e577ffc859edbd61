import { assert, assertEquals, assertRejects } from "@std/assert";
import { CommandError } from "../../../src/errors/store_errors.ts";
import { endProcess } from "../../../src/engine/containers/end_process.ts";
import { updateResources } from "../../../src/engine/processes/update_resources.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
} from "../../support/monitored_container.ts";

Deno.test("updateResources() changes limits of what runs", {
  ...MONITOR_NEEDS,
}, async () => {
  await using test = await monitoredStore();
  const { agent } = test;
  const { id } = await test.run("sleep 1000");
  const change = (resources: Readonly<Record<string, unknown>>) =>
    updateResources(agent, id, { resources });
  const limit = 64 * 1024 * 1024;
  await change({ memory: { limit } });
  const root = test.dir.join("run", "orlop", "runtimes", "runc");
  const state = JSON.parse(await Deno.readTextFile(`${root}/${id}/state.json`));
  assertEquals(state.config.cgroups.memory, limit);
  const error = await assertRejects(
    () => change({ cpu: { cpus: "no cores" } }),
    CommandError,
    `Cannot change the limits of container "${id}": `,
  );
  assert(error.exitCode > 0 && !error.message.endsWith(": "));
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(
    () => updateResources(agent, id, { resources: {}, signal }),
    Error,
    "enough",
  );
  await endProcess(agent, id, { timeMs: 0 });
  await assertRejects(
    () => change({ memory: { limit } }),
    CommandError,
    `Cannot change the limits of container "${id}": no runtime has it`,
  );
});
