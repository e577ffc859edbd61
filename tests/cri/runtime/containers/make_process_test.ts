import { assert, assertEquals, assertRejects } from "@std/assert";
import { ContainerState } from "../../../../src/cri/api/api_pb.js";
import {
  beginProcess,
  requireProcess,
} from "../../../../src/cri/runtime/containers/make_process.ts";
import { readAgain } from "../../../../src/cri/runtime/containers/read_again.ts";
import { stopContainer } from "../../../../src/cri/runtime/containers/stop_container.ts";
import type { MadeProcess } from "../../../../src/cri/runtime/runtime_context.ts";
import { InUseError } from "../../../../src/errors/store_errors.ts";
import { criContext } from "../../../support/nodes/cri_context.ts";
import { libc } from "../../../support/own_libc.ts";
import { needsThat } from "../../../support/peers.ts";

const { CONTAINER_EXITED } = ContainerState;
const NEEDED = needsThat(libc !== undefined, "libc cannot be taken");

Deno.test("beginProcess() keeps its failure for the start, and ends its turn", async () => {
  await using node = await criContext();
  const { context, test } = node;
  const id = await node.make("app");
  const turn = await context.turns.take(id, "alone");
  beginProcess(context, id, turn);
  assertEquals(context.processes.get(id), undefined);
  await context.jobs.changing.settle();
  const why = `Cannot start container "${id}": pod "web-pod" does not run`;
  const made = context.processes.get(id);
  assert(made?.kind === "failed" && made.error instanceof InUseError);
  assertEquals([made.error.message, made.error.users], [why, ["web-pod"]]);
  assertEquals(
    test.messages.filter((line) => line.startsWith("warn")),
    [`warn: ${why}`],
  );
  using _turn = await context.turns.take(id, "alone");
  const known = await readAgain(context, id);
  await assertRejects(() => requireProcess(context, known), InUseError, why);
  assert(!context.processes.has(id));
});

Deno.test("requireProcess() takes what was made, once", async () => {
  await using node = await criContext();
  const { context } = node;
  const known = await readAgain(context, await node.make("app"));
  context.processes.set(known.id, { kind: "made" });
  await requireProcess(context, known);
  assertEquals([...context.processes], []);
  // Without a pod that runs, none is made.
  await assertRejects(() => requireProcess(context, known), InUseError);
});

Deno.test(
  "requireProcess() waits for the conmon of an earlier daemon",
  NEEDED,
  async () => {
    await using node = await criContext();
    const { context, test } = node;
    assert(libc !== undefined);
    let looks = 0;
    const hasReader = () => ++looks < 4;
    const store = { ...test.agent.store, libc: { ...libc, hasReader } };
    const agent = { ...test.agent, store };
    const known = await readAgain(context, await node.make("app"));
    await assertRejects(
      () => requireProcess({ ...context, agent }, known),
      InUseError,
      "does not run",
    );
    assert(looks >= 4, `${looks}`);
  },
);

Deno.test("stopContainer() ends what waits for its start", async (t) => {
  await using node = await criContext();
  const { context, call } = node;
  const cases: Readonly<Record<string, MadeProcess | undefined>> = {
    "its process could not be made": { kind: "failed", error: new Error("no") },
    "it has no process yet": undefined,
    "its process waits": { kind: "made" },
  };
  for (const [name, made] of Object.entries(cases)) {
    await t.step(name, async () => {
      const id = await node.make(name.replaceAll(" ", "-"));
      if (made !== undefined) context.processes.set(id, made);
      const isKilled = made?.kind === "made";
      if (isKilled) node.end(id, 137);
      await stopContainer(context, {
        $typeName: "runtime.v1.StopContainerRequest",
        ...{ containerId: id, timeout: 60n },
      }, call);
      const { state, exitCode, reason, message } = node.status(id) ?? {};
      const expected = isKilled
        ? [137, "Error", ""]
        : made?.kind === "failed"
        ? [128, "StartError", "no"]
        : [255, "Error", "Its process has ended with an unknown exit code"];
      assertEquals([state, exitCode, reason, message], [
        CONTAINER_EXITED,
        ...expected,
      ]);
      assert(!context.processes.has(id));
    });
  }
});
