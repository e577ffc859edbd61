import { assertEquals } from "@std/assert";
import {
  keepLastExit,
  readLastExit,
} from "../../../src/engine/pods/last_exit.ts";
import {
  type ContainerId,
  parseContainerId,
} from "../../../src/formats/storage/store_ids.ts";
import { workDirectory } from "../../../src/store/paths.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";

const [FIRST, SECOND] = [parseContainerId("first"), parseContainerId("second")];

async function noteRun(
  { agent }: StoreAgent,
  id: ContainerId,
  run: Readonly<Record<string, unknown>>,
): Promise<void> {
  const directory = workDirectory(agent.store.paths, id);
  await Deno.mkdir(directory, { recursive: true });
  const text = JSON.stringify({ owner: id, removal: "at-end", ...run });
  await Deno.writeTextFile(`${directory}/run.json`, text);
}

Deno.test("keepLastExit() keeps an exit code for five minutes", async () => {
  using test = storeAgent();
  const { agent, dir, messages } = test;
  const folder = dir.join("run/orlop/last-exits");
  keepLastExit(agent, FIRST); // nothing is known of it
  assertEquals(readLastExit(agent, FIRST), undefined);
  await noteRun(test, FIRST, {});
  keepLastExit(agent, FIRST);
  assertEquals(readLastExit(agent, FIRST), undefined);
  await noteRun(test, FIRST, { exitCode: 0 });
  keepLastExit(agent, FIRST);
  assertEquals(readLastExit(agent, FIRST), 0);
  await noteRun(test, SECOND, { exitCode: 137 });
  for (
    const [seconds, first] of [[290, 0], [310, undefined]] as const
  ) {
    const then = Date.now() / 1000 - seconds;
    await Deno.utime(`${folder}/${FIRST}`, then, then);
    keepLastExit(agent, SECOND);
    assertEquals(readLastExit(agent, FIRST), first);
    assertEquals(readLastExit(agent, SECOND), 137);
  }
  assertEquals(messages, []);
  for (const text of ["", "x", "1234", "1 ", "-1"]) {
    await Deno.writeTextFile(`${folder}/${SECOND}`, text);
    assertEquals(readLastExit(agent, SECOND), undefined);
  }
});

Deno.test("keepLastExit() does without if it cannot", async () => {
  using test = storeAgent();
  const { agent, dir, messages } = test;
  await noteRun(test, FIRST, { exitCode: 1 });
  await Deno.mkdir(dir.join("run/orlop"), { recursive: true });
  await Deno.writeTextFile(dir.join("run/orlop/last-exits"), "");
  keepLastExit(agent, FIRST);
  const [message = "", ...others] = messages;
  assertEquals(others, []);
  assertEquals(
    message.replace(/(ended: ).*/, "$1"),
    'debug: Cannot keep how "first" ended: ',
  );
});
