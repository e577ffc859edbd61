import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { Exits } from "../../../../src/cri/runtime/containers/exits.ts";
import { Stops } from "../../../../src/cri/runtime/containers/stops.ts";
import { exitsDirectory } from "../../../../src/store/paths.ts";
import { criContext } from "../../../support/nodes/cri_context.ts";
import { until } from "../../../support/until.ts";

const LONG = { timeoutMs: 60_000 };

Deno.test("Exits wait for an end, or for so long", async (t) => {
  await using node = await criContext();
  const exits = new Exits(node.test.agent);
  await t.step("one that has come", async () => {
    const id = await node.make("ended");
    node.end(id, 0);
    assert(await exits.wait(id, { timeoutMs: 0 }));
  });
  await t.step("one that comes while it is waited for", async () => {
    const id = await node.make("ends");
    const [one, other] = [exits.wait(id, LONG), exits.wait(id, LONG)];
    node.end(id, 0);
    assert(await one);
    assert(await other);
  });
  await t.step("none", async () => {
    const id = await node.make("runs");
    assertFalse(await exits.wait(id, { timeoutMs: 0 }));
    assertFalse(await exits.wait(id, { timeoutMs: 1 }));
  });
  await t.step("until the caller gives up", async () => {
    const id = await node.make("stays");
    const stop = new AbortController();
    const waiting = exits.wait(id, { ...LONG, signal: stop.signal });
    stop.abort(new Error("enough"));
    await assertRejects(() => waiting, Error, "enough");
  });
});

Deno.test("Exits report what ends while they watch", async () => {
  await using node = await criContext();
  const exits = new Exits(node.test.agent);
  const stop = new AbortController();
  const [before, after] = [await node.make("one"), await node.make("two")];
  node.end(before, 0);
  const ended: string[] = [];
  const told = Promise.withResolvers<void>();
  const watching = exits.watch((id) => {
    ended.push(id);
    if (ended.length === 2) told.resolve();
  }, stop);
  node.end(after, 1);
  await told.promise;
  stop.abort();
  await watching;
  assertEquals(ended.toSorted(), [before, after].toSorted());
});

Deno.test("Stops end with the process, and two of them are one", async (t) => {
  await using node = await criContext();
  const { agent } = node.test;
  const stops = new Stops(agent, new Exits(agent));
  await t.step("it ends in time", async () => {
    const id = await node.make("polite");
    const [one, other] = [stops.stop(id, LONG), stops.stop(id, LONG)];
    node.end(id, 0);
    await Promise.all([one, other]);
  });
  await t.step("the second leaves it less time", async () => {
    const id = await node.make("slow");
    const one = stops.stop(id, LONG);
    // It is killed at once, as nobody waits for a minute any more.
    const other = stops.stop(id, { timeoutMs: 0 });
    node.end(id, 137);
    await Promise.all([one, other]);
  });
  await t.step("also while the first waits", async () => {
    const id = await node.make("waiting");
    const one = stops.stop(id, LONG);
    // Until then it has told the process, and has begun to wait.
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    // It never tells its end, so the first would wait for a minute.
    const other = stops.stop(id, { timeoutMs: 0 });
    await Promise.all([one, other]);
  });
  await t.step("one that has ended is not waited for", async () => {
    const id = await node.make("ended");
    node.end(id, 0);
    await stops.stop(id, { timeoutMs: 0 });
  });
});

Deno.test("Exits are watched again after an error", async () => {
  await using node = await criContext();
  const { agent } = node.test;
  const id = await node.make("app");
  const folder = exitsDirectory(agent.store.paths);
  node.end(id, 0); // so it is there
  await Deno.remove(folder, { recursive: true });
  await Deno.writeTextFile(folder, "no folder");
  const stop = new AbortController();
  const ended = Promise.withResolvers<string>();
  const watching = new Exits(agent).watch(ended.resolve, stop);
  const warning = "warn: Cannot watch containers: ";
  await until(() =>
    node.test.messages.some((line) => line.startsWith(warning))
  );
  await Deno.remove(folder);
  node.end(id, 0);
  assertEquals(await ended.promise, id);
  stop.abort();
  await watching;
});
