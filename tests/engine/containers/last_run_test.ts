import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { exitCodeOf } from "../../../src/cli/exit_code.ts";
import { inspectContainer } from "../../../src/engine/containers/inspect_container.ts";
import {
  hasRunner,
  openRun,
  readLastRun,
} from "../../../src/engine/containers/last_run.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import { takeLibc } from "../../../src/process/bind_libc.ts";
import {
  containerOptions,
  testPod,
  type TestRuntime,
} from "../../support/test_runtime.ts";

const libc = takeLibc();
const KEEP = { removal: "never", pod: undefined } as const;

async function withContainer(): Promise<
  TestRuntime & { readonly id: ContainerId }
> {
  const test = await testPod({ libc });
  const { id } = await test.runtime.createContainer(containerOptions());
  return { ...test, id };
}

async function stateOf({ agent }: TestRuntime): Promise<string> {
  const { state, exitCode } = await inspectContainer(agent, "server");
  return exitCode === undefined ? state : `${state} ${exitCode}`;
}

Deno.test("openRun() keeps how a container runs, also for others", async () => {
  using test = await withContainer();
  const { agent, id } = test;
  assertEquals(await stateOf(test), "created");
  {
    using run = await openRun(agent, id, KEEP);
    assertEquals(await stateOf(test), "starting");
    await run.begin();
    assertEquals(await stateOf(test), "starting");
    await run.end(7);
    assertEquals(await stateOf(test.reopen()), "exited 7");
    assert(hasRunner(agent, id));
  }
  assert(!hasRunner(agent, id));
  const last = readLastRun(test.reopen().agent, id);
  assertEquals(last?.exitCode, 7);
  const { startedAt = "", finishedAt = "" } = last ?? {};
  assert(Date.parse(startedAt) <= Date.parse(finishedAt));
});

Deno.test("a run that was not observed end is told as such", async () => {
  using test = await withContainer();
  const run = await openRun(test.agent, test.id, KEEP);
  await run.begin();
  run[Symbol.dispose](); // as the kernel does for one that is killed
  assertEquals(await stateOf(test), "exited");
  // What it left mounted is nobody's, and no reason to keep it.
  await test.runtime.deleteContainer("server", { mounted: "refuse" });
});

Deno.test("what was started after a run is not what the run left", async () => {
  using test = await withContainer();
  {
    using run = await openRun(test.agent, test.id, KEEP);
    await run.begin();
    await run.end(0);
  }
  assertEquals(await stateOf(test), "exited 0");
  await test.runtime.startContainer("server");
  assertEquals(await stateOf(test), "mounted");
  const error = await assertRejects(
    () => test.runtime.deleteContainer("server", { mounted: "refuse" }),
    InUseError,
    'Cannot remove container "server": it is mounted at ',
  );
  assertEquals(exitCodeOf(error), 4);
  await test.runtime.stopContainer("server");
  assertEquals(await stateOf(test), "created");
});

Deno.test("nobody runs or removes what another process runs", async () => {
  using test = await withContainer();
  const { agent, id, runtime } = test;
  using _run = await openRun(agent, id, KEEP);
  await assertRejects(
    () => openRun(test.reopen().agent, id, KEEP),
    InUseError,
    "another process runs it",
  );
  await assertRejects(
    () => runtime.deleteContainer("server"),
    InUseError,
    'Cannot remove container "server": it is running',
  );
  await assertRejects(
    () => runtime.removePodSandbox("web", { members: "remove" }),
    InUseError,
    'Cannot remove container "server"',
  );
  assert(existsSync(await runtime.getWorkDir(id)));
});

Deno.test("a run makes nothing again of a container that is gone", async () => {
  using test = await withContainer();
  const { agent, id } = test;
  const { dir } = await inspectContainer(agent, id);
  const run = await openRun(agent, id, KEEP);
  await run.begin();
  {
    using held = await agent.store.lock({ containers: "write" });
    held.containers.remove(id);
    held.containers.save();
    rmSync(join(dir, ".."), { recursive: true });
  }
  await run.end(0);
  assert(!existsSync(dir));
});

Deno.test("a run continues if it cannot be noted", async () => {
  using test = await withContainer();
  const { dir } = await inspectContainer(test.agent, test.id);
  mkdirSync(join(dir, "run.json", "in the way"), { recursive: true });
  using run = await openRun(test.agent, test.id, KEEP);
  await run.begin();
  await run.end(0);
  const warnings = test.messages.filter((text) => text.startsWith("warn"));
  assertEquals(warnings.length, 3);
  assert(warnings[0]?.includes(`Cannot note how container "${test.id}" runs`));
});

Deno.test("a pod that was made for a container goes with it", async (t) => {
  await t.step("if it holds nothing else", async () => {
    using test = await withContainer();
    const { id: pod } = await inspectContainer(test.agent, "web");
    {
      using _run = await openRun(test.agent, test.id, {
        removal: "never",
        pod,
      });
    }
    await test.runtime.deleteContainer("server");
    using held = await test.agent.store.lock({ containers: "read" });
    assertEquals(held.containers.records, []);
  });
  await t.step("not if somebody joined it", async () => {
    using test = await withContainer();
    const { id: pod } = await inspectContainer(test.agent, "web");
    {
      using _run = await openRun(test.agent, test.id, {
        removal: "never",
        pod,
      });
    }
    const other = containerOptions({ containerName: "other" });
    await test.runtime.createContainer(other);
    await test.runtime.deleteContainer("server");
    using held = await test.agent.store.lock({ containers: "read" });
    assertEquals(held.containers.records.length, 2);
  });
  await t.step("not if it was there before", async () => {
    using test = await withContainer();
    await test.runtime.deleteContainer("server");
    using held = await test.agent.store.lock({ containers: "read" });
    assertEquals(held.containers.records.length, 1);
  });
});
