import { assertEquals, assertRejects } from "@std/assert";
import { startContainer } from "../../../src/engine/containers/start_container.ts";
import { stopPod } from "../../../src/engine/pods/stop_pod.ts";
import { InvalidSandboxIdError } from "../../../src/errors/not_found_errors.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../../src/formats/storage/store_ids.ts";
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

Deno.test("stopPod() unmounts all of a pod, and nothing else", async () => {
  using test = await subject();
  const { agent, id } = test;
  const { id: brief } = await test.runtime.createContainer(
    containerOptions({ containerName: "brief" }),
  );
  const { id: other } = await test.runtime.createContainer(
    containerOptions({
      ...{ containerName: "other", podName: "none", podId: "none" },
      pod: "unchecked",
    }),
  );
  const infra = parseContainerId("web-pod");
  for (const each of [id, id, brief, other, infra]) {
    await startContainer(agent, each);
  }
  await setRemoval(test, brief);
  assertEquals(await stopPod(agent, "web"), infra);
  assertEquals(countMounts(test), 1);
  assertEquals(await listIds(test), [infra, id, other]);
  assertEquals(await stopPod(agent, infra), infra);
  await assertRejects(() => stopPod(agent, "none"), InvalidSandboxIdError);
  await assertRejects(() => stopPod(agent, id), InvalidSandboxIdError);
  const signal = AbortSignal.abort("enough");
  const error = await stopPod(agent, "web", { signal }).catch((error) => error);
  assertEquals(error, "enough");
});
