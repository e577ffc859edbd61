import { assert, assertEquals, assertThrows } from "@std/assert";
import { exists } from "@std/fs";
import { openStoreOf } from "../../../src/engine/media/other_store.ts";
import { UnsupportedStoreError } from "../../../src/errors/store_errors.ts";
import type { StoreLocation } from "../../../src/formats/oci/transport_reference.ts";
import { storeAgent } from "../../support/store_agent.ts";
import { tempDir } from "../../support/temp_dir.ts";

function reference(store: Partial<StoreLocation> | undefined) {
  const transport = "containers-storage" as const;
  return store === undefined
    ? { transport }
    : { transport, store: { options: [], ...store } };
}

Deno.test("openStoreOf() opens the store that is named", async (t) => {
  using test = storeAgent({ caller: "orlop copy", pinnedImages: ["a*"] });
  const { agent } = test;
  const purpose = "read";
  await t.step("the agent's own", () => {
    const { root } = agent.store.paths;
    for (const store of [undefined, {}, { root }, { driver: "vfs" }]) {
      assert(openStoreOf(agent, reference(store), { purpose }) === agent);
    }
  });
  await t.step("another one, to read it", async () => {
    using dir = tempDir();
    const root = dir.join("root");
    const other = openStoreOf(agent, reference({ root }), { purpose });
    assertEquals(other.store.paths.root, root);
    assertEquals(other.store.paths.runRoot, "/run/containers/storage");
    assert(other.store.libc === agent.store.libc);
    assertEquals([other.caller, other.pinnedImages], ["orlop copy", ["a*"]]);
    assert(!await exists(root));
    await other[Symbol.asyncDispose]();
  });
  await t.step("another one, to write to it", async () => {
    using dir = tempDir();
    const [root, runRoot] = [dir.join("root"), dir.join("run")];
    const store = { driver: "overlay", root, runRoot };
    const other = openStoreOf(agent, reference(store), { purpose: "write" });
    assertEquals(other.store.paths.runRoot, runRoot);
    assert(await exists(root));
    await other[Symbol.asyncDispose]();
  });
  await t.step("none of another driver", () => {
    const store = { driver: "vfs", root: "/srv/other" };
    const error = assertThrows(
      () => openStoreOf(agent, reference(store), { purpose }),
      UnsupportedStoreError,
    );
    assertEquals(
      error.message,
      'Cannot open store "/srv/other": its driver is "vfs"; only "overlay" is ' +
        "supported",
    );
  });
});
