/** What holds for all that unmounts a container's root. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { startContainer } from "../../../src/engine/containers/start_container.ts";
import type { unmountContainer } from "../../../src/engine/pods/unmount_container.ts";
import { ContainerNotFoundError } from "../../../src/errors/not_found_errors.ts";
import { PolicyError } from "../../../src/errors/store_errors.ts";
import { countMounts, giveAway, storedContainer } from "./stored_container.ts";
import { containerOptions } from "../../support/test_runtime.ts";

/** Tests that only the last user unmounts. */
export function testUnmounting(stop: typeof unmountContainer): void {
  Deno.test(`${stop.name}() unmounts with the last user`, async (t) => {
    await t.step("by its count", async () => {
      using test = await storedContainer();
      const { agent, id } = test;
      for (const _user of [1, 2, 3]) await startContainer(agent, id);
      assert(!(await stop(agent, id)));
      assert(!(await stop(agent, "server", { mode: "one" })));
      assertEquals(countMounts(test), 1);
      assert(await stop(agent, id.slice(0, 12)));
      assertEquals(countMounts(test), 0);
      assert(await stop(agent, id));
    });
    await t.step("whatever its count", async () => {
      using test = await storedContainer();
      const { agent, id } = test;
      for (const _user of [1, 2, 3]) await startContainer(agent, id);
      assert(await stop(agent, id, { mode: "all" }));
      assertEquals(countMounts(test), 0);
    });
    await t.step("of several at once", async () => {
      using test = await storedContainer();
      const { agent, id } = test;
      const { id: other } = await test.runtime.createContainer(
        containerOptions({ containerName: "other" }),
      );
      for (const each of [id, id, other]) await startContainer(agent, each);
      const results = await Promise.allSettled([
        ...[id, other, id, "none"].map((each) => stop(agent, each)),
      ]);
      assertEquals(
        results.map((one) =>
          one.status === "fulfilled" ? one.value : one.reason.constructor
        ),
        [false, true, true, ContainerNotFoundError],
      );
      assertEquals(countMounts(test), 0);
    });
    await t.step("not for what is not there, or not its own", async () => {
      using test = await storedContainer();
      const { agent, id } = test;
      await startContainer(agent, id);
      await assertRejects(() => stop(agent, "none"), ContainerNotFoundError);
      const signal = AbortSignal.abort("enough");
      const error = await stop(agent, id, { signal }).catch((error) => error);
      assertEquals(error, "enough");
      await giveAway(test, id);
      const refused = await assertRejects(
        () => stop(test.reopen().agent, id),
        PolicyError,
      );
      assertEquals(
        refused.message,
        'Cannot stop container "server": it belongs to another tool; use that ' +
          "tool",
      );
      assertEquals(countMounts(test), 1);
    });
  });
}
