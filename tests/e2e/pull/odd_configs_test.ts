/** Configs that Go's tools cannot read: none gets into a store that they share. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { PEERS, sharedStore } from "../../support/programs/shared_store.ts";

/** Members of a config, and whether they are taken. */
const CONFIGS: Readonly<
  Record<string, readonly [about: Record<string, unknown>, isTaken: boolean]>
> = {
  "a time of no day": [{ created: "2024-02-30T00:00:00Z" }, false],
  "a leap second": [{ created: "2016-12-31T23:59:60Z" }, false],
  "a year of five digits": [{ created: "10000-01-01T00:00:00Z" }, false],
  "a negative year": [{ created: "-001-01-01T00:00:00Z" }, false],
  "an offset of no zone": [{ created: "2024-01-01T00:00:00+24:00" }, false],
  "small letters": [{ created: "2024-01-01t00:00:00z" }, false],
  "no seconds": [{ created: "2024-01-01T00:00Z" }, false],
  "a time that is a number": [{ created: 1700000000 }, false],
  "an empty time": [{ created: "" }, false],
  "a bad time under another case": [{ Created: "never" }, false],
  "a bad time in the history": [
    { history: [{ created: "2024-02-30T00:00:00Z" }] },
    false,
  ],
  "a history that is no list": [{ history: "x" }, false],
  "an author that is a number": [{ author: 1 }, false],
  "a lone surrogate": [{ author: "\ud800" }, true],
  "a NUL": [{ author: "a\0b" }, true],
  "nanoseconds": [{ created: "2024-02-29T00:00:00.123456789+14:00" }, true],
  "the zero time": [{ created: "0001-01-01T00:00:00Z" }, true],
  "no time": [{}, true],
  "a number beyond all integers": [{ "x-size": 1e300 }, true],
};

Deno.test("no pulled config keeps podman from reading the store", {
  ...needs(...PEERS),
}, async (t) => {
  await using store = sharedStore();
  const layer = await layerOf({ "a.txt": "a" });
  let count = 0;
  for (const [name, [about, isTaken]] of Object.entries(CONFIGS)) {
    await t.step(name, async () => {
      const layout = store.join(`image${count++}`);
      await writeLayout(layout, [layer], {}, about);
      const { code, err } = await store.tryOrlop(
        "pull",
        `oci:${layout}:latest`,
      );
      assertEquals(code, isTaken ? 0 : 5, err);
      if (!isTaken) assertMatch(err, /Cannot read config "sha256:/);
      const listed = await store.podman("images", "--format", "{{.Id}}");
      const ids = new Set((await store.storage("images", "-q")).split("\n"));
      assertEquals(new Set(listed.split("\n")).size, ids.size, listed);
      const images = JSON.parse(await store.orlop("images", "--format=json"));
      assert(images.length === (listed === "" ? 0 : ids.size), listed);
      await store.tryOrlop("rmi", `image${count - 1}`);
    });
  }
});
