import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  checkIdle,
  CONTAINER_STATES,
  type ContainerStatus,
  findActivity,
  isSeenRunning,
  openIdleRun,
  readStatus,
} from "../../../src/engine/containers/container_status.ts";
import { endProcess } from "../../../src/engine/containers/end_process.ts";
import {
  noteUnseenExit,
  readExit,
} from "../../../src/engine/containers/process_exit.ts";
import { createProcess } from "../../../src/engine/monitor/create_process.ts";
import { startProcess } from "../../../src/engine/monitor/start_process.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import type { ContainerRecord } from "../../../src/formats/storage/store_record.ts";
import {
  MONITOR_NEEDS,
  type MonitoredStore,
  monitoredStore,
  untilEnded,
} from "../../support/monitored_container.ts";

const KEEP = { removal: "never", pod: undefined } as const;
const NOTHING = {
  pid: undefined,
  startedAt: undefined,
  finishedAt: undefined,
  exitCode: undefined,
};

async function recordOf(
  { agent }: MonitoredStore,
  id: ContainerId,
): Promise<ContainerRecord> {
  using held = await agent.store.lock({ containers: "read" });
  const record = held.containers.get(id);
  assert(record !== undefined);
  return record;
}

async function statusOf(
  test: MonitoredStore,
  id: ContainerId,
  { isMounted = true }: { readonly isMounted?: boolean } = {},
): Promise<ContainerStatus> {
  const record = await recordOf(test, id);
  return await readStatus(test.agent, record, { isMounted });
}

async function tellRuntime(
  { dir }: MonitoredStore,
  verb: "pause" | "resume",
  id: ContainerId,
): Promise<void> {
  const root = dir.join("run", "orlop", "runtimes", "runc");
  const { success } = await new Deno.Command("runc", {
    args: ["--root", root, verb, id],
  }).output();
  assert(success);
}

Deno.test("readStatus() follows a container through its life", {
  ...MONITOR_NEEDS,
}, async (t) => {
  await using test = await monitoredStore();
  const { agent } = test;
  const container = await test.make("sleep 1000");
  const { id, logPath } = container;
  await t.step("created, and mounted", async () => {
    assertEquals(await statusOf(test, id), { ...NOTHING, state: "mounted" });
    assertEquals(await statusOf(test, id, { isMounted: false }), {
      ...NOTHING,
      state: "created",
    });
    assert(!isSeenRunning(agent, id));
  });
  let pid = 0;
  await t.step("starting", async () => {
    pid = await createProcess(agent, id, { logPath });
    const { state, ...rest } = await statusOf(test, id);
    assertEquals([state, rest], ["starting", { ...NOTHING, pid }]);
    assert(!isSeenRunning(agent, id));
  });
  await t.step("running", async () => {
    await startProcess(agent, id);
    const { startedAt, ...status } = await statusOf(test, id);
    assert(Date.parse(startedAt ?? "") <= Date.now());
    assertEquals<unknown>(status, {
      ...{ state: "running", pid },
      ...{ finishedAt: undefined, exitCode: undefined },
    });
    assert(isSeenRunning(agent, id));
  });
  await t.step("nobody may stop or remove it meanwhile", async () => {
    const record = await recordOf(test, id);
    for (const verb of ["remove", "unmount"] as const) {
      const error = await assertRejects(
        () => checkIdle(agent, record, { verb }),
        InUseError,
        `Cannot ${verb} container "${record.names?.[0]}": it is running ` +
          `(process ${pid}); stop it first, or use --force`,
      );
      assertEquals(error.users, [id]);
    }
    await assertRejects(
      () => checkIdle(agent, { id }, { verb: "remove" }),
      InUseError,
      `Cannot remove container "${id}": it is running`,
    );
    await assertRejects(
      () => openIdleRun(agent, id, KEEP),
      InUseError,
      `Cannot run container "${id}": its process is there`,
    );
  });
  await t.step("paused", async () => {
    await tellRuntime(test, "pause", id);
    const { state, pid: found } = await statusOf(test, id);
    assertEquals([state, found], ["paused", pid]);
    await assertRejects(
      () => checkIdle(agent, { id }, { verb: "remove" }),
      InUseError,
      `it is paused (process ${pid})`,
    );
    await tellRuntime(test, "resume", id);
  });
  await t.step("exited", async () => {
    await endProcess(agent, id, { timeMs: 0 });
    const { startedAt = "", finishedAt = "", ...rest } = await statusOf(
      test,
      id,
    );
    assertEquals(rest, { state: "exited", pid: undefined, exitCode: 137 });
    assert(Date.parse(startedAt) <= Date.parse(finishedAt));
    assert(!isSeenRunning(agent, id));
    const record = await recordOf(test, id);
    await checkIdle(agent, record, { verb: "remove" });
    using run = await openIdleRun(agent, id, KEEP);
    assert((await findActivity(agent, id)).hasRunner);
    await assertRejects(
      () => checkIdle(agent, record, { verb: "remove" }),
      InUseError,
      "it is running; stop",
    );
    await checkIdle(agent, record, { verb: "unmount" });
    await run.end(0);
  });
});

Deno.test("an exit that was not observed is no proof that a process is gone", {
  ...MONITOR_NEEDS,
}, async () => {
  await using test = await monitoredStore();
  const { agent } = test;
  const { id } = await test.run("sleep 1000");
  noteUnseenExit(agent, id);
  assertEquals(readExit(agent, id)?.exitCode, 255);
  const { process } = await findActivity(agent, id);
  assertEquals(process?.status, "running");
  // Elsewhere than in these state directories nobody looks.
  const states = { roots: [], ids: new Set([id]) };
  const none = await findActivity(agent, id, { states });
  assertEquals(none, { process: undefined, hasRunner: false });
  await endProcess(agent, id, { timeMs: 0 });
});

Deno.test("a container that ended by itself is exited, whatever is mounted", {
  ...MONITOR_NEEDS,
}, async () => {
  await using test = await monitoredStore();
  const { id } = await test.run("exit 3");
  await untilEnded(test.agent, id);
  for (const isMounted of [true, false]) {
    const { state, exitCode } = await statusOf(test, id, { isMounted });
    assertEquals([state, exitCode], ["exited", 3]);
  }
  await test.restart(id, "exit 4");
  assertEquals((await statusOf(test, id)).state, "mounted");
});

Deno.test("CONTAINER_STATES has each state once", () => {
  assertEquals(new Set(CONTAINER_STATES).size, 8);
  assertEquals(CONTAINER_STATES.length, 8);
});
