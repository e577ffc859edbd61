import { assertEquals } from "@std/assert";
import { ContainerState } from "../../../../src/cri/api/api_pb.js";
import { watchMonitors } from "../../../../src/cri/runtime/containers/watch_monitors.ts";
import { criContext } from "../../../support/nodes/cri_context.ts";
import { libc } from "../../../support/own_libc.ts";
import { needsThat } from "../../../support/peers.ts";
import { containerOptions } from "../../../support/test_runtime.ts";
import { until } from "../../../support/until.ts";

const { CONTAINER_EXITED, CONTAINER_RUNNING } = ContainerState;

Deno.test("watchMonitors() ends what has lost its conmon, and nothing else", {
  ...needsThat(libc !== undefined, "libc cannot be taken"),
}, async () => {
  await using node = await criContext();
  const { context, test } = node;
  const running = await node.make("running", { state: CONTAINER_RUNNING });
  const made = await node.make("made");
  context.processes.set(made, { kind: "made" });
  const others = [
    await node.make("unmade"),
    await node.make("half", { state: CONTAINER_RUNNING, phase: "creating" }),
    await node.make("going", { state: CONTAINER_RUNNING, phase: "removing" }),
    await node.make("ended", { state: CONTAINER_EXITED }),
  ];
  const failed = await node.make("failed");
  context.processes.set(failed, { kind: "failed", error: new Error("no") });
  const noted = await node.make("noted", { state: CONTAINER_RUNNING });
  node.end(noted, 0); // which is noted elsewhere
  await test.runtime.createContainer(containerOptions());
  const kept = [...others, failed, noted];
  const before = kept.map((id) => node.status(id));
  const stop = new AbortController();
  const watching = watchMonitors(context, {
    ...{ signal: stop.signal, intervalMs: 5 },
  });
  const told = (id: string) =>
    `warn: Ends container "${id}": its conmon was ended`;
  for (const id of [running, made]) {
    await until(() => test.messages.includes(told(id)));
    node.end(id, 137); // its process was killed
    await until(() => node.status(id)?.state === CONTAINER_EXITED);
    assertEquals(node.status(id)?.exitCode, 137);
  }
  stop.abort();
  await watching;
  const warnings = test.messages.filter((line) => line.startsWith("warn"));
  assertEquals(warnings, [running, made].map(told));
  assertEquals(kept.map((id) => node.status(id)), before);
});

Deno.test("watchMonitors() looks for nothing without libc", async () => {
  await using node = await criContext();
  const { agent } = node.test;
  const store = { ...agent.store, libc: undefined };
  await watchMonitors({ ...node.context, agent: { ...agent, store } }, {});
});

Deno.test("watchMonitors() ends while it waits for its next look", async () => {
  await using node = await criContext();
  const stop = new AbortController();
  const watching = watchMonitors(node.context, {
    ...{ signal: stop.signal, intervalMs: 600_000 },
  });
  stop.abort();
  await watching;
  assertEquals(
    node.test.messages.filter((line) => line.startsWith("warn")),
    [],
  );
});
