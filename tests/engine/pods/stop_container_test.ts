import { assert, assertEquals, assertRejects } from "@std/assert";
import { startContainer } from "../../../src/engine/containers/start_container.ts";
import { stopContainer } from "../../../src/engine/pods/stop_container.ts";
import { InvalidContainerIdError } from "../../../src/errors/not_found_errors.ts";
import {
  countMounts,
  listContainerIds,
  setRemoval,
  storedContainer,
} from "./stored_container.ts";
import { testUnmounting } from "./unmount_contract.ts";

testUnmounting(stopContainer);

Deno.test("stopContainer() refuses an empty name", async () => {
  using test = await storedContainer();
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
  using test = await storedContainer();
  const { agent, id } = test;
  await startContainer(agent, id);
  assert(await stopContainer(agent, id, { running: "end" }));
  assertEquals(countMounts(test), 0);
  assert((await listContainerIds(test)).includes(id));
  for (const _user of [1, 2]) await startContainer(agent, id);
  const one = { running: "end", mode: "one" } as const;
  assert(!(await stopContainer(agent, id, one)));
  await setRemoval(test, id);
  const all = { running: "end", mode: "all" } as const;
  assert(await stopContainer(agent, id, all));
  assert(!(await listContainerIds(test)).includes(id));
});
