import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { parseContainerId } from "../../src/formats/storage/store_ids.ts";
import { StagedFiles } from "../../src/fs/staged_files.ts";
import {
  addContainer,
  completeContainers,
  makeContainers,
} from "../../src/store/put_container.ts";
import { WRITE_LOCKS } from "../../src/store/records/tables.ts";
import { putSmallImage } from "../support/images/small_layers.ts";
import { storeAgent } from "../support/store_agent.ts";

Deno.test("containers leave links of all layers that need no look", async () => {
  using test = storeAgent();
  const { store } = test.agent;
  const { links, layers } = store.paths;
  const imageId = await putSmallImage(store, "app");
  {
    using held = await store.lock(WRITE_LOCKS);
    const image = held.images.get(imageId);
    assert(image);
    const records = ["one", "two"].map((name) =>
      addContainer(held, {
        id: parseContainerId(name),
        names: [name],
        image,
        metadata: "",
      })
    );
    using files = new StagedFiles();
    makeContainers(store, held, { records, files });
    await files.commit();
    completeContainers(held, records.map(({ id }) => id));
  }
  const table = join(layers, "layers.json");
  const { mtimeMs } = statSync(table);
  // In the same millisecond either may have come first: then all are looked at.
  assert(mtimeMs > statSync(links).mtimeMs);
  const names = readdirSync(links);
  assertEquals(names.length, 3);
  // Who takes one away later is noticed all the same.
  rmSync(join(links, names[0] ?? ""));
  utimesSync(links, new Date(), new Date(mtimeMs + 1));
  using _held = await store.lock({ layers: "write" });
  assertEquals(readdirSync(links), names);
});
