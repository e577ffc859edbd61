import { assertEquals, assertRejects } from "@std/assert";
import { pauseContainer } from "../../../src/engine/processes/pause_container.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
} from "../../support/monitored_container.ts";

Deno.test(
  "pauseContainer() pauses what runs, and resumes it",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    const { id } = await test.run("sleep 1000");
    const change = (action: "pause" | "resume") =>
      pauseContainer(agent, id, { action });
    const refusal = async (action: "pause" | "resume") =>
      (await assertRejects(() => change(action), Error)).message;
    assertEquals(
      await refusal("resume"),
      `Cannot resume container "${id}": it is running, not paused`,
    );
    await change("pause");
    assertEquals(
      await refusal("pause"),
      `Cannot pause container "${id}": it is paused, not running`,
    );
    const signal = AbortSignal.abort("enough");
    const error = await pauseContainer(agent, id, { action: "resume", signal })
      .catch((error) => error);
    assertEquals(error, "enough");
    await change("resume");
    await change("pause");
    await change("resume");
  },
);
