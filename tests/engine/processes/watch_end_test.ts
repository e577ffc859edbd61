import { assert, assertEquals } from "@std/assert";
import { makeExitPlaces } from "../../../src/engine/containers/process_exit.ts";
import { endWatcher } from "../../../src/engine/processes/watch_end.ts";
import { testClock } from "../../support/memory/test_clock.ts";
import { libc } from "../../support/own_libc.ts";
import { containerOptions, testPod } from "../../support/test_runtime.ts";

Deno.test("endWatcher() asks runtimes once in a second", async () => {
  using test = await testPod({ libc });
  const { agent, runtime } = test;
  const { id } = await runtime.createContainer(containerOptions());
  using clock = testClock();
  const hasEnded = endWatcher(agent, id, {});
  assert(await hasEnded());
  // It was asked just now.
  assert(!(await hasEnded()));
  clock.advance(999);
  assert(!(await hasEnded()));
  clock.advance(1);
  assert(await hasEnded());
  // An exit is seen at once.
  const { runDirectory } = makeExitPlaces(agent, id);
  await Deno.writeTextFile(`${runDirectory}/exit`, "0");
  assert(await hasEnded());
  assert(await hasEnded());
  const aborted = endWatcher(agent, id, {
    signal: AbortSignal.abort("enough"),
  });
  assertEquals(await aborted().catch((error) => error), "enough");
});
