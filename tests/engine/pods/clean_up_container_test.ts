import { assert, assertEquals } from "@std/assert";
import {
  makeExitPlaces,
  readExit,
} from "../../../src/engine/containers/process_exit.ts";
import { startContainer } from "../../../src/engine/containers/start_container.ts";
import { cleanUpContainer } from "../../../src/engine/pods/clean_up_container.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import { workDirectory } from "../../../src/store/paths.ts";
import { libc } from "../../support/own_libc.ts";
import {
  containerOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

async function subject() {
  const test = await testPod({ libc });
  const { id } = await test.runtime.createContainer(containerOptions());
  return { ...test, id };
}

/** Notes how its run is to end, as those do that start it. */
async function setRemoval(
  { agent }: TestRuntime,
  id: ContainerId,
  exitCode = 3,
) {
  const path = `${workDirectory(agent.store.paths, id)}/run.json`;
  const run = { owner: id, removal: "at-end", exitCode };
  await Deno.writeTextFile(path, JSON.stringify(run));
}

async function listIds({ agent }: TestRuntime): Promise<readonly string[]> {
  using held = await agent.store.lock({ containers: "read" });
  return held.containers.records.map(({ id }) => `${id}`);
}

function countMounts({ mounter }: TestRuntime): number {
  return mounter.table.filter(({ target }) => target.endsWith("/merged"))
    .length;
}

Deno.test("cleanUpContainer() unmounts what has ended, and removes it if asked", async (t) => {
  await t.step("one that stays", async () => {
    using test = await subject();
    const { agent, id } = test;
    await startContainer(agent, id);
    const { runDirectory } = makeExitPlaces(agent, id);
    await Deno.writeTextFile(`${runDirectory}/exit`, "4");
    await cleanUpContainer(agent, id);
    assertEquals(countMounts(test), 0);
    assertEquals(readExit(agent, id)?.exitCode, 4);
    assert((await listIds(test)).includes(id));
    await cleanUpContainer(agent, id);
  });
  await t.step("one that goes", async () => {
    using test = await subject();
    const { agent, id } = test;
    await startContainer(agent, id);
    await setRemoval(test, id);
    await cleanUpContainer(agent, id);
    assertEquals(await listIds(test), ["web-pod"]);
    assertEquals(countMounts(test), 0);
    await cleanUpContainer(agent, id); // it is gone
  });
});
