import { assertEquals, assertRejects } from "@std/assert";
import { deleteContainer } from "../../../src/engine/containers/delete_container.ts";
import { readLastExit } from "../../../src/engine/pods/last_exit.ts";
import { runContainer } from "../../../src/engine/pods/run_container.ts";
import { waitForContainer } from "../../../src/engine/processes/wait_for_container.ts";
import { ContainerNotFoundError } from "../../../src/errors/not_found_errors.ts";
import { listDirectory } from "../../../src/fs/list_directory.ts";
import {
  containerOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

// Whatever it is told, a container has run and ended with 7.
const RUNTIME = `#!/bin/sh
while [ $# -gt 0 ]; do
  [ "$1" != --pid-file ] || echo 1 >"$2"
  shift
done
exit 7
`;

async function makeRuntime({ dir }: TestRuntime): Promise<string> {
  const path = dir.join("runc");
  await Deno.writeTextFile(path, RUNTIME, { mode: 0o755 });
  return path;
}

Deno.test("waitForContainer() reports how one ended that went with its process", async (t) => {
  using test = await testPod();
  const { agent, runtime } = test;
  const program = await makeRuntime(test);
  await t.step("and was not there any more at the next look", async () => {
    const { id } = await runtime.createContainer(containerOptions());
    const waiting = Array.from(
      { length: 3 },
      () => waitForContainer(agent, id),
    );
    const run = runContainer(agent, id, {
      ...{ runtime: program, removal: "at-end" },
    });
    assertEquals(await run, 7);
    assertEquals(await Promise.all(waiting), [7, 7, 7]);
    assertEquals(readLastExit(agent, id), 7);
    await assertRejects(
      () => waitForContainer(agent, id),
      ContainerNotFoundError,
    );
  });
  await t.step("but not of one that somebody removed", async () => {
    const { id } = await runtime.createContainer(containerOptions());
    const waiting = waitForContainer(agent, id);
    await deleteContainer(agent, id);
    await assertRejects(() => waiting, ContainerNotFoundError, "was removed");
  });
  await t.step("and nothing is kept for ever", async () => {
    const folder = `${agent.store.paths.runRoot}/orlop/last-exits`;
    const [old = ""] = listDirectory(folder);
    await Deno.utime(`${folder}/${old}`, 1, 1);
    const { id } = await runtime.createContainer(containerOptions());
    await runContainer(agent, id, { runtime: program, removal: "at-end" });
    assertEquals(listDirectory(folder), [id]);
  });
});
