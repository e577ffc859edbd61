import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { writeFileSync } from "node:fs";
import { DamagedStoreError } from "../../../src/errors/store_errors.ts";
import {
  listFaults,
  requireConsistent,
} from "../../../src/store/recovery/check_store.ts";
import type { Store } from "../../../src/store/store.ts";
import { putLayer } from "../../support/images/small_layers.ts";
import { storeAgent } from "../../support/store_agent.ts";

const LAYERS = { wanted: { layers: "write" }, held: {} } as const;

Deno.test("requireConsistent() and listFaults() are silent about a sound store", async () => {
  using test = storeAgent();
  const { paths } = test.agent.store;
  await putLayer(test.agent.store, "x");
  for (const kind of ["read", "write"] as const) {
    const wanted = { layers: kind, storage: kind };
    await requireConsistent(paths, { wanted, held: {} });
    assertEquals(await listFaults(paths, { wanted, held: {} }), []);
  }
});

Deno.test("requireConsistent() reads the counts of mounts for who writes them", async () => {
  using test = storeAgent();
  const { paths } = test.agent.store;
  const path = join(paths.runLayers, "mountpoints.json");
  await Deno.mkdir(paths.runLayers, { recursive: true });
  writeFileSync(path, "[{");
  const held = {};
  await requireConsistent(paths, { wanted: { storage: "read" }, held });
  await requireConsistent(paths, { wanted: { layers: "write" }, held });
  await assertRejects(
    () => requireConsistent(paths, { wanted: { storage: "write" }, held }),
    DamagedStoreError,
    path,
  );
});

Deno.test("requireConsistent() names the inconsistent file, and counts the others", async (t) => {
  const lose = (store: Store) =>
    writeFileSync(join(store.paths.layers, "layers.json"), "[]");
  for (const count of [1, 2, 3]) {
    await t.step(`${count} layers`, async () => {
      using test = storeAgent();
      const { store } = test.agent;
      for (let n = 0; n < count; n++) await putLayer(store, `layer-${n}`);
      lose(store);
      const path = join(store.paths.layers, "layers.json");
      const error = await assertRejects(
        () => requireConsistent(store.paths, LAYERS),
        DamagedStoreError,
        `Cannot go on with store "${store.paths.root}": "${path}" is inconsistent`,
      );
      assertEquals(error.path, path);
      assert(error.message.includes("nothing was changed"));
      assert(error.message.includes("run orlop check --repair, which"));
      assert(error.message.includes(" out of the store"));
      const more = /\(and (\d+) more\)/.exec(error.message)?.[1];
      assertEquals(more, count === 1 ? undefined : String(count - 1));
      const faults = await listFaults(store.paths, LAYERS);
      assertEquals(faults.length, 1);
      const [fault] = faults;
      assertEquals(fault?.path, path);
      const message = fault?.message ?? "";
      assert(message.startsWith(`"${path}" is inconsistent: `), message);
    });
  }
});
