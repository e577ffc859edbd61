import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { startPod } from "../../../src/engine/pods/start_pod.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import { InvalidSandboxIdError } from "../../../src/errors/not_found_errors.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import { workDirectory } from "../../../src/store/paths.ts";
import {
  makeIdle,
  MONITOR_NEEDS,
  monitoredStore,
  untilEnded,
} from "../../support/monitored_container.ts";

Deno.test(
  "startPod() runs all of a pod, in order, and continues if one fails",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    const first = await makeIdle(test, "exit 4");
    const second = await makeIdle(test, "exit 5");
    using held = await agent.store.lock({ containers: "read" });
    const metadata = held.containers.lookUp(first)?.metadata ?? "{}";
    held[Symbol.dispose]();
    const podId: string = /"pod-id":"([^"]+)"/.exec(metadata)?.[1] ?? "";
    const asked: string[] = [];
    const exitCommand = (id: ContainerId) => {
      asked.push(id);
      return ["/bin/true", id];
    };
    assertEquals(`${await startPod(agent, podId, { exitCommand })}`, podId);
    assertEquals(asked, [first, second]);
    assertEquals((await untilEnded(agent, first)).exitCode, 4);
    assertEquals((await untilEnded(agent, second)).exitCode, 5);
    await assertRejects(() => startPod(agent, "none"), InvalidSandboxIdError);
    const path = join(workDirectory(agent.store.paths, first), "config.json");
    const template = JSON.parse(await Deno.readTextFile(path));
    template.linux.namespaces = [{ type: "network", path: "/none/net" }];
    await Deno.writeTextFile(path, JSON.stringify(template));
    const lost = await assertRejects(() => startPod(agent, podId), InUseError);
    assertEquals(
      lost.message,
      `Cannot start pod "${podId}": it has no network since it was stopped, or ` +
        "since a reboot; create it again",
    );
    assertEquals(lost.users, [podId]);
  },
);
