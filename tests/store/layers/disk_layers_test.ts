import { assert } from "@std/assert";
import { join } from "@std/path";
import { existsSync, writeFileSync } from "node:fs";
import { layerDirectory } from "../../../src/store/paths.ts";
import { idOf, putLayer } from "../../support/images/small_layers.ts";
import { storeAgent } from "../../support/store_agent.ts";

Deno.test("removeTree() trusts no link file to lead out of the store", async (t) => {
  for (const link of ["../../victim", "victim/../../../victim", "", "a\nb"]) {
    await t.step(JSON.stringify(link), async () => {
      using test = storeAgent();
      const { store } = test.agent;
      await putLayer(store, "x");
      const victim = test.dir.join("root", "victim");
      writeFileSync(victim, "");
      const directory = layerDirectory(store.paths, idOf("x"));
      writeFileSync(join(directory, "link"), link);
      store.layers.removeTree(idOf("x"));
      assert(existsSync(victim));
      assert(existsSync(store.paths.links));
    });
  }
});
