import { assertRejects } from "@std/assert";
import { prepareExec } from "../../../src/engine/monitor/exec_command.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test("prepareExec() refuses what cannot be run, before it looks", async (t) => {
  using store = storeAgent();
  const id = parseContainerId("a".repeat(64));
  const open = "it leads to what a process has open";
  const cases = [
    [{ command: [] }, "it is empty"],
    [{ command: [""] }, "it is empty"],
    [{ command: ["a\0"] }, "has a NUL"],
    [{ command: ["a"], env: ["A=\0"] }, "has a NUL"],
    [{ command: ["a"], workdir: "/\0" }, "has a NUL"],
    [{ command: ["a"], workdir: "srv" }, "is not absolute"],
    [{ command: ["a"], workdir: "/proc/self/fd/7" }, open],
    [{ command: ["a"], workdir: "/proc/self/fd/7/../../.." }, open],
    [{ command: ["a"], workdir: "/dev/fd/7" }, open],
  ] as const;
  for (const [options, why] of cases) {
    await t.step(JSON.stringify(options), async () => {
      await assertRejects(
        () => prepareExec(store.agent, id, options),
        TypeError,
        why,
      );
    });
  }
});
