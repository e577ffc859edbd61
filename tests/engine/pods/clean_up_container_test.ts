import { assert, assertEquals } from "@std/assert";
import {
  makeExitPlaces,
  readExit,
} from "../../../src/engine/containers/process_exit.ts";
import { startContainer } from "../../../src/engine/containers/start_container.ts";
import { cleanUpContainer } from "../../../src/engine/pods/clean_up_container.ts";
import {
  countMounts,
  listContainerIds,
  setRemoval,
  storedContainer,
} from "./stored_container.ts";

Deno.test("cleanUpContainer() unmounts what has ended, and removes it if asked", async (t) => {
  await t.step("one that stays", async () => {
    using test = await storedContainer();
    const { agent, id } = test;
    await startContainer(agent, id);
    const { runDirectory } = makeExitPlaces(agent, id);
    await Deno.writeTextFile(`${runDirectory}/exit`, "4");
    await cleanUpContainer(agent, id);
    assertEquals(countMounts(test), 0);
    assertEquals(readExit(agent, id)?.exitCode, 4);
    assert((await listContainerIds(test)).includes(id));
    await cleanUpContainer(agent, id);
  });
  await t.step("one that goes", async () => {
    using test = await storedContainer();
    const { agent, id } = test;
    await startContainer(agent, id);
    await setRemoval(test, id);
    await cleanUpContainer(agent, id);
    assertEquals(await listContainerIds(test), ["web-pod"]);
    assertEquals(countMounts(test), 0);
    await cleanUpContainer(agent, id); // it is gone
  });
});
