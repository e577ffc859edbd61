import { assertEquals, assertRejects } from "@std/assert";
import { startContainer } from "../../../src/engine/containers/start_container.ts";
import { stopPod } from "../../../src/engine/pods/stop_pod.ts";
import { InvalidSandboxIdError } from "../../../src/errors/not_found_errors.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import {
  countMounts,
  listContainerIds,
  setRemoval,
  storedContainer,
} from "./stored_container.ts";
import { containerOptions } from "../../support/test_runtime.ts";

Deno.test("stopPod() unmounts all of a pod, and nothing else", async () => {
  using test = await storedContainer();
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
  assertEquals(await listContainerIds(test), [infra, id, other]);
  assertEquals(await stopPod(agent, infra), infra);
  await assertRejects(() => stopPod(agent, "none"), InvalidSandboxIdError);
  await assertRejects(() => stopPod(agent, id), InvalidSandboxIdError);
  const signal = AbortSignal.abort("enough");
  const error = await stopPod(agent, "web", { signal }).catch((error) => error);
  assertEquals(error, "enough");
});
