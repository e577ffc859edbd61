import { assert, assertFalse } from "@std/assert";
import { join } from "@std/path";
import type { Agent } from "../../../src/engine/agent.ts";
import { openIdleRun } from "../../../src/engine/containers/container_status.ts";
import {
  listContainers,
  listPods,
} from "../../../src/engine/containers/list_containers.ts";
import { stopContainer } from "../../../src/engine/pods/stop_container.ts";
import { stopPod } from "../../../src/engine/pods/stop_pod.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import { listDirectory } from "../../../src/fs/list_directory.ts";
import { killProcess, readPid } from "../../support/kill_process.ts";
import {
  MONITOR_NEEDS,
  type MonitoredContainer,
  type MonitoredStore,
  monitoredStore,
} from "../../support/monitored_container.ts";

const AT_ONCE = { running: "end", timeMs: 0 } as const;

// Of none of them anybody cleans up: whoever ends one has to.
const CASES: readonly {
  readonly name: string;
  readonly begin: (test: MonitoredStore) => Promise<MonitoredContainer>;
  readonly stop: (agent: Agent, id: ContainerId) => Promise<unknown>;
}[] = [
  {
    name: "stop ends it",
    begin: (test) => test.run("exec sleep 600", { removal: "at-end" }),
    stop: (agent, id) => stopContainer(agent, id, { ...AT_ONCE, mode: "all" }),
  },
  {
    name: "stop takes a user away",
    begin: (test) => test.run("exec sleep 600", { removal: "at-end" }),
    stop: (agent, id) => stopContainer(agent, id, AT_ONCE),
  },
  {
    name: "pod stop ends it",
    begin: (test) => test.run("exec sleep 600", { removal: "at-end" }),
    async stop(agent) {
      for (const { id } of await listPods(agent)) {
        await stopPod(agent, id, { timeMs: 0 });
      }
    },
  },
  {
    name: "its monitor is dead",
    async begin(test) {
      const container = await test.run("exec sleep 600", { removal: "at-end" });
      const file = join(container.bundle, "conmon.pid");
      killProcess(await readPid(file), "SIGKILL");
      return container;
    },
    stop: (agent, id) => stopContainer(agent, id, { ...AT_ONCE, mode: "all" }),
  },
  {
    name: "who ran it was killed",
    async begin(test) {
      const container = await test.make("exec sleep 600");
      const noted = { removal: "at-end", pod: undefined } as const;
      const run = await openIdleRun(test.agent, container.id, noted);
      run[Symbol.dispose]();
      return container;
    },
    stop: (agent, id) => stopContainer(agent, id, { ...AT_ONCE, mode: "all" }),
  },
];

Deno.test(
  "who ends a container that goes with its process removes it",
  MONITOR_NEEDS,
  async (t) => {
    await using test = await monitoredStore();
    const { agent } = test;
    const list = async () =>
      (await listContainers(agent)).map((container) => container.id);
    const stays = await test.run("exec sleep 600");
    for (const { name, begin, stop } of CASES) {
      await t.step(name, async () => {
        const { id } = await begin(test);
        assert((await list()).includes(id));
        await stop(agent, id);
        assertFalse((await list()).includes(id));
        const { runRoot } = agent.store.paths;
        assertFalse(listDirectory(`${runRoot}/orlop/exits`).includes(id));
      });
    }
    await t.step("one that is to stay stays", async () => {
      await stopContainer(agent, stays.id, { ...AT_ONCE, mode: "all" });
      assert((await list()).includes(stays.id));
    });
  },
);
