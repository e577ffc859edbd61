import { assert, assertEquals, assertRejects } from "@std/assert";
import { startContainer } from "../../../src/engine/containers/start_container.ts";
import { stopContainer } from "../../../src/engine/pods/stop_container.ts";
import {
  ContainerNotFoundError,
  InvalidContainerIdError,
} from "../../../src/errors/not_found_errors.ts";
import { PolicyError } from "../../../src/errors/store_errors.ts";
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

/** Makes a container another tool's. */
async function giveAway(test: TestRuntime, id: string): Promise<void> {
  const table = test.dir.join("root/overlay-containers/containers.json");
  const records: { id: string; metadata: string }[] = JSON.parse(
    await Deno.readTextFile(table),
  );
  for (const record of records) if (record.id === id) record.metadata = "";
  await Deno.writeTextFile(table, JSON.stringify(records));
}

for (const stop of [stopContainer]) {
  Deno.test(`${stop.name}() unmounts with the last user`, async (t) => {
    await t.step("by its count", async () => {
      using test = await subject();
      const { agent, id } = test;
      for (const _user of [1, 2, 3]) await startContainer(agent, id);
      assert(!(await stop(agent, id)));
      assert(!(await stop(agent, "server", { mode: "one" })));
      assertEquals(countMounts(test), 1);
      assert(await stop(agent, id.slice(0, 12)));
      assertEquals(countMounts(test), 0);
      assert(await stop(agent, id));
    });
    await t.step("whatever its count", async () => {
      using test = await subject();
      const { agent, id } = test;
      for (const _user of [1, 2, 3]) await startContainer(agent, id);
      assert(await stop(agent, id, { mode: "all" }));
      assertEquals(countMounts(test), 0);
    });
    await t.step("of several at once", async () => {
      using test = await subject();
      const { agent, id } = test;
      const { id: other } = await test.runtime.createContainer(
        containerOptions({ containerName: "other" }),
      );
      for (const each of [id, id, other]) await startContainer(agent, each);
      const results = await Promise.allSettled([
        ...[id, other, id, "none"].map((each) => stop(agent, each)),
      ]);
      assertEquals(
        results.map((one) =>
          one.status === "fulfilled" ? one.value : one.reason.constructor
        ),
        [false, true, true, ContainerNotFoundError],
      );
      assertEquals(countMounts(test), 0);
    });
    await t.step("not for what is not there, or not its own", async () => {
      using test = await subject();
      const { agent, id } = test;
      await startContainer(agent, id);
      await assertRejects(() => stop(agent, "none"), ContainerNotFoundError);
      const signal = AbortSignal.abort("enough");
      const error = await stop(agent, id, { signal }).catch((error) => error);
      assertEquals(error, "enough");
      await giveAway(test, id);
      const refused = await assertRejects(
        () => stop(test.reopen().agent, id),
        PolicyError,
      );
      assertEquals(
        refused.message,
        'Cannot stop container "server": it belongs to another tool; use that ' +
          "tool",
      );
      assertEquals(countMounts(test), 1);
    });
  });
}

Deno.test("stopContainer() refuses an empty name", async () => {
  using test = await subject();
  const { message } = await assertRejects(
    () => stopContainer(test.agent, ""),
    InvalidContainerIdError,
  );
  assertEquals(
    message,
    'Cannot stop container "": invalid container ID: it is empty',
  );
});

Deno.test("stopContainer() ends what runs, and what is to be removed goes", async () => {
  using test = await subject();
  const { agent, id } = test;
  await startContainer(agent, id);
  assert(await stopContainer(agent, id, { running: "end" }));
  assertEquals(countMounts(test), 0);
  assert((await listIds(test)).includes(id));
  for (const _user of [1, 2]) await startContainer(agent, id);
  const one = { running: "end", mode: "one" } as const;
  assert(!(await stopContainer(agent, id, one)));
  await setRemoval(test, id);
  const all = { running: "end", mode: "all" } as const;
  assert(await stopContainer(agent, id, all));
  assert(!(await listIds(test)).includes(id));
});
