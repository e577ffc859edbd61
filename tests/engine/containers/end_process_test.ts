import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { Agent } from "../../../src/engine/agent.ts";
import {
  endNamed,
  endProcess,
  killContainer,
  stopSignalOf,
} from "../../../src/engine/containers/end_process.ts";
import { findActivity } from "../../../src/engine/containers/container_status.ts";
import { readExit } from "../../../src/engine/containers/process_exit.ts";
import { ContainerNotFoundError } from "../../../src/errors/not_found_errors.ts";
import {
  STOP_SIGNAL,
  STOP_TIMEOUT,
} from "../../../src/formats/oci/annotations.ts";
import type { ContainerId } from "../../../src/formats/storage/store_ids.ts";
import { workDirectory } from "../../../src/store/paths.ts";
import {
  MONITOR_NEEDS,
  type MonitoredContainer,
  type MonitoredStore,
  monitoredStore,
  untilEnded,
} from "../../support/monitored_container.ts";
import { containerOptions, testPod } from "../../support/test_runtime.ts";
import { until } from "../../support/until.ts";

/** Ends by TERM with 5, by USR1 with 6. */
const POLITE = "trap 'exit 5' TERM; trap 'exit 6' USR1; echo up; " +
  "while :; do sleep 0.1; done";
const STUBBORN = "trap '' TERM; echo up; while :; do sleep 0.1; done";

/** Runs one until its script has set its traps. */
async function runUp(
  test: MonitoredStore,
  script: string,
): Promise<MonitoredContainer> {
  const container = await test.run(script);
  await until(() => container.readLog().includes("up"));
  return container;
}

/** Adds to the template, in which requests are kept. */
async function annotate(
  { store }: Agent,
  id: ContainerId,
  annotations: Readonly<Record<string, string>>,
): Promise<void> {
  const path = join(workDirectory(store.paths, id), "config.json");
  const template = JSON.parse(await Deno.readTextFile(path));
  template.annotations = { ...template.annotations, ...annotations };
  await Deno.writeTextFile(path, JSON.stringify(template));
}

async function pause({ dir }: MonitoredStore, id: ContainerId): Promise<void> {
  const root = dir.join("run", "orlop", "runtimes", "runc");
  const { success } = await new Deno.Command("runc", {
    args: ["--root", root, "pause", id],
  }).output();
  assert(success);
}

Deno.test("endProcess() asks a process to end, and then makes it", {
  ...MONITOR_NEEDS,
}, async (t) => {
  await using test = await monitoredStore();
  const { agent } = test;
  const warnings = () => test.messages.filter((one) => one.includes("SIGKILL"));
  await t.step("it ends by itself", async () => {
    const { id } = await runUp(test, POLITE);
    await endProcess(agent, id, { timeMs: 30_000 });
    assertEquals(readExit(agent, id)?.exitCode, 5);
    const activity = await findActivity(agent, id);
    assertEquals(activity, { process: undefined, hasRunner: false });
    await endProcess(agent, id); // nothing is left to end
  });
  await t.step("by the signal that its image wants", async () => {
    const { id } = await runUp(test, POLITE);
    await annotate(agent, id, { [STOP_SIGNAL]: "SIGUSR1" });
    await endProcess(agent, id);
    assertEquals(readExit(agent, id)?.exitCode, 6);
    assertEquals(warnings(), []);
  });
  await t.step("after the time that it was created with", async () => {
    const { id } = await runUp(test, STUBBORN);
    await annotate(agent, id, { [STOP_TIMEOUT]: "1" });
    const start = performance.now();
    await endProcess(agent, id);
    assert(performance.now() - start >= 1000);
    assertEquals(readExit(agent, id)?.exitCode, 137);
    assertEquals(warnings(), [
      `warn: Container "${id}" did not end by SIGTERM in 1 s: it gets SIGKILL`,
    ]);
  });
  await t.step("at once, without being asked", async () => {
    const known = warnings().length;
    const { id } = await runUp(test, POLITE);
    await endProcess(agent, id, { timeMs: 0 });
    assertEquals(readExit(agent, id)?.exitCode, 137);
    assertEquals(warnings().length, known);
  });
  await t.step("though it is paused", async () => {
    const { id } = await runUp(test, POLITE);
    await pause(test, id);
    const { process } = await findActivity(agent, id);
    assertEquals(process?.status, "paused");
    await endProcess(agent, id, { timeMs: 30_000 });
    assertEquals(readExit(agent, id)?.exitCode, 5);
  });
  await t.step("not if the caller gives up", async () => {
    const { id } = await runUp(test, STUBBORN);
    const signal = AbortSignal.abort(new Error("enough"));
    await assertRejects(
      () => endProcess(agent, id, { signal }),
      Error,
      "enough",
    );
    const controller = new AbortController();
    const ending = endProcess(agent, id, {
      timeMs: 60_000,
      signal: controller.signal,
    });
    controller.abort(new Error("enough"));
    await assertRejects(() => ending, Error, "enough");
    assertEquals(readExit(agent, id), undefined);
    await endProcess(agent, id, { timeMs: 0 });
  });
});

Deno.test("endNamed() checks all before it ends any", {
  ...MONITOR_NEEDS,
}, async () => {
  await using test = await monitoredStore();
  const { agent } = test;
  const [one, two] = [await runUp(test, POLITE), await runUp(test, POLITE)];
  const names = [one.id, two.id];
  const checked: string[] = [];
  const check = ({ id }: { readonly id: string }) => {
    checked.push(id);
    if (id === two.id) throw new Error("not that one");
  };
  const verb = "stop";
  await assertRejects(
    () => endNamed(agent, names, { verb, check }),
    Error,
    "not that one",
  );
  assertEquals(checked, names);
  await assertRejects(
    () => endNamed(agent, [one.id, "none"], { verb }),
    ContainerNotFoundError,
  );
  assertEquals(names.map((id) => readExit(agent, id)), [undefined, undefined]);
  const ended = await endNamed(agent, names, { verb, timeMs: 30_000 });
  assertEquals(ended, names);
  assertEquals(names.map((id) => readExit(agent, id)?.exitCode), [5, 5]);
});

Deno.test("killContainer() sends a signal to what runs", {
  ...MONITOR_NEEDS,
}, async () => {
  await using test = await monitoredStore();
  const { agent } = test;
  const { id } = await runUp(test, POLITE);
  await killContainer(agent, id.slice(0, 20), { number: 10 });
  assertEquals((await untilEnded(agent, id)).exitCode, 6);
  await assertRejects(
    () => killContainer(agent, id, { number: 10 }),
    Error,
    `Cannot kill container "${id}": nothing runs in it`,
  );
  await assertRejects(
    () => killContainer(agent, "none", { number: 10 }),
    ContainerNotFoundError,
  );
});

Deno.test("killContainer() waits for the end by SIGKILL", {
  ...MONITOR_NEEDS,
}, async () => {
  await using test = await monitoredStore();
  const { agent } = test;
  const { id } = await runUp(test, STUBBORN);
  await killContainer(agent, id, { number: 9 });
  assertEquals(await findActivity(agent, id), {
    process: undefined,
    hasRunner: false,
  });
  assertEquals(readExit(agent, id)?.exitCode, 137);
});

Deno.test("stopSignalOf() takes an image's signal, if it is one", async (t) => {
  using test = await testPod();
  const { id } = await test.runtime.createContainer(containerOptions());
  const cases: readonly (readonly [string, number])[] = [
    ["", 15],
    ["SIGUSR1", 10],
    ["quit", 3],
    ["9", 9],
    ["nonsense", 15],
    ["0", 15],
  ];
  assertEquals(stopSignalOf(test.agent, id), 15);
  for (const [text, expected] of cases) {
    await t.step(`"${text}"`, async () => {
      await annotate(test.agent, id, { [STOP_SIGNAL]: text });
      assertEquals(stopSignalOf(test.agent, id), expected);
    });
  }
});
