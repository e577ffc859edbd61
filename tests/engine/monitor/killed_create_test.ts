import { assert, assertEquals } from "@std/assert";
import { hasMonitor } from "../../../src/engine/containers/container_monitor.ts";
import { listContainers } from "../../../src/engine/containers/list_containers.ts";
import { createProcess } from "../../../src/engine/monitor/create_process.ts";
import { forgetProcess } from "../../../src/engine/monitor/forget_process.ts";
import { toText } from "../../../src/formats/bytes.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import { listDirectory } from "../../../src/fs/list_directory.ts";
import {
  MONITOR_NEEDS,
  type MonitoredStore,
  monitoredStore,
} from "../../support/monitored_container.ts";
import { lines } from "../../support/programs/lines.ts";

const MAKER = import.meta.resolve("../../support/programs/process_maker.ts");
// From before conmon is started until after the process runs.
const DELAYS_MS = [0, 5, 15, 25, 35, 50, 65, 80, 100, 130, 170, 250];

Deno.test(
  "whoever creates a process may be killed at any time",
  MONITOR_NEEDS,
  async (t) => {
    await using test = await monitoredStore();
    const { agent, dir } = test;
    const { id, bundle } = await test.make("sleep 1000");
    const files = listDirectory(bundle);
    for (const delayMs of DELAYS_MS) {
      await t.step(`after ${delayMs} ms`, async () => {
        await killMaker(test, id, delayMs);
        await forgetProcess(agent, id);
        assert(!hasMonitor(agent, id));
        assertEquals(await findProcesses(id), "");
        assertEquals(await findControlGroups(id), "");
        assertEquals(listDirectory(dir.join("run/orlop/runtimes/runc")), []);
        const left = listDirectory(bundle).filter((name) =>
          !files.includes(name)
        );
        assertEquals(
          left.filter((name) => name !== "run.lock" && name !== "runtime.log"),
          [],
        );
      });
    }
    await t.step("and it can be created afterwards", async () => {
      const pid = await createProcess(agent, id);
      const [found] = (await listContainers(agent)).filter((one) =>
        one.id === id
      );
      assertEquals(found?.pid, pid);
    });
  },
);

async function killMaker(
  { dir }: MonitoredStore,
  id: ContainerId,
  delayMs: number,
): Promise<void> {
  await using maker = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-all",
      MAKER,
      dir.join("root"),
      dir.join("run"),
      id,
    ],
    ...{ stdin: "piped", stdout: "piped" },
  }).spawn();
  const output = lines(maker.stdout);
  assertEquals((await output.next()).value, "ready");
  const writer = maker.stdin.getWriter();
  await writer.write(new Uint8Array(1));
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  maker.kill("SIGKILL");
  await maker.status;
  await output.return();
  await writer.abort().catch(() => {});
}

async function findProcesses(id: ContainerId): Promise<string> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-eo", "pid,args"],
  }).output();
  return toText(stdout).split("\n").filter((line) => line.includes(id)).join(
    "\n",
  );
}

async function findControlGroups(id: ContainerId): Promise<string> {
  const { stdout } = await new Deno.Command("find", {
    args: ["/sys/fs/cgroup", "-name", `*${id}*`],
  }).output();
  return toText(stdout);
}
