/** Another tool removes a layer between its commit and the image's record. */

import { assertEquals, assertRejects } from "@std/assert";
import type { Agent } from "../../../src/engine/agent.ts";
import { LayerNotFoundError } from "../../../src/errors/not_found_errors.ts";
import { deleteLayers } from "../../../src/store/layers/delete_layer.ts";
import { openTrash } from "../../../src/store/layers/trash.ts";
import { checkStore } from "../../support/check_store.ts";
import { writeTestLayout } from "../../support/images/test_layout.ts";
import { testRuntime } from "../../support/test_runtime.ts";

/** As `podman rmi` would, which knows of no lease. */
async function removeTop({ store }: Agent): Promise<void> {
  await using trash = openTrash(store);
  using held = await store.lock({ layers: "write" });
  const { records } = held.layers;
  const top = records.find(({ id }) =>
    records.every(({ parent }) => parent !== id)
  );
  deleteLayers(store, held.layers, { ids: top ? [top.id] : [], trash });
}

Deno.test("pullImage() brings a layer again that was taken away", async (t) => {
  // Each layer is committed once a round; in the end it is enough.
  for (
    const { times, isDone } of [
      { times: 1, isDone: true },
      { times: 2, isDone: true },
      { times: 3, isDone: false },
    ]
  ) {
    await t.step(`${times} times`, async () => {
      using test = testRuntime();
      const layout = test.dir.join("app");
      await writeTestLayout(layout);
      const removals: Promise<void>[] = [];
      let missing = 0;
      const pull = test.images.pullImage(`oci:${layout}`, {
        onEvent(event) {
          if (event.kind === "start") {
            missing = event.layers.filter(({ present }) => !present).length;
          }
          // The last one of its round: what comes next is the record.
          if (event.kind !== "committed" || --missing > 0) return;
          if (removals.length < times) removals.push(removeTop(test.agent));
        },
      });
      if (isDone) await pull;
      else await assertRejects(() => pull, LayerNotFoundError, "meanwhile");
      await Promise.all(removals);
      assertEquals(removals.length, times);
      assertEquals((await test.images.listImages()).length, isDone ? 1 : 0);
      assertEquals(
        checkStore({
          root: test.dir.join("root"),
          runRoot: test.dir.join("run"),
        }),
        [],
      );
    });
  }
});
