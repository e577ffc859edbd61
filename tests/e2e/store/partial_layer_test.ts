/** Layers of which podman fetched only parts: zstd:chunked, in another tool's store. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import type { LayerRecord } from "../../../src/formats/storage/store_record.ts";
import { bigDataFileName } from "../../../src/store/records/big_data.ts";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import {
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const NEEDED = needs("root", "busybox", "mount", "findmnt", "tar", "runc");
const TOC = digestOf("table of contents");
const ITEM = "zstd-chunked-manifest";

/** Makes the top layer look as after a partial pull. @returns Its items. */
function makePartial({ root }: SharedStore): string {
  const layers = join(root, "overlay-layers");
  const table = join(layers, "layers.json");
  const records: LayerRecord[] = JSON.parse(readFileSync(table, "utf8"));
  const top = records.find(({ parent }) => parent !== undefined);
  assert(top !== undefined);
  const { "diff-digest": diffId, ...rest } = top;
  const partial = {
    ...rest,
    "diff-size": -1,
    "toc-digest": TOC,
    "big-data-names": [ITEM],
    flags: { "expected-layer-diffid": diffId },
  };
  const others = records.filter(({ id }) => id !== top.id);
  writeFileSync(table, JSON.stringify([...others, partial]));
  rmSync(join(layers, `${top.id}.tar-split.gz`));
  mkdirSync(join(layers, top.id));
  writeFileSync(join(layers, top.id, bigDataFileName(ITEM)), "{}");
  return join(layers, top.id);
}

Deno.test("orlop uses a layer of which only parts were pulled", {
  ...NEEDED,
}, async (t) => {
  await using store = sharedStore();
  const { orlop, tryOrlop } = store;
  const layout = store.join("two");
  const top = archive(file("hello", "hello"));
  await writeBusyboxLayout(layout, { layers: [top] });
  const id = await orlop("pull", `oci:${layout}:latest`);
  const items = makePartial(store);

  await t.step("lists and inspects it", async () => {
    assertStringIncludes(await orlop("images"), "localhost/two");
    assertStringIncludes(await orlop("image", "inspect", "two"), id);
    await orlop("history", "two");
    await orlop("df", "-v");
  });
  await t.step("mounts and runs it", async () => {
    const args = ["--pod", "new:p", "--name", "c", "two"];
    await orlop("container", "create", ...args);
    const root = await orlop("start", "c");
    assertEquals(readFileSync(join(root, "hello"), "utf8"), "hello");
    await orlop("stop", "c");
    await orlop("pod", "rm", "--force", "p");
    const run = ["run", "--rm", "--network=host", "two", "cat", "/hello"];
    assertEquals(await orlop(...run), "hello");
  });
  await t.step("reports that it cannot read it", async () => {
    const checked = await orlop("check", "--full");
    assertStringIncludes(checked, "none damaged");
    assertStringIncludes(checked, "1 not read, as podman pulled only parts");
    for (
      const args of [
        ["save", "-o", store.join("two.tar"), "two"],
        ["push", "two", `oci:${store.join("pushed")}:1`],
      ]
    ) {
      const { code, err } = await tryOrlop(...args);
      assertEquals(code, 1);
      assertStringIncludes(err, "it was pulled in parts (zstd:chunked)");
    }
  });
  await t.step("keeps what it does not know of it", () => {
    const table = join(store.root, "overlay-layers", "layers.json");
    assertStringIncludes(readFileSync(table, "utf8"), TOC);
  });
  await t.step("finds out if an item is gone", async () => {
    rmSync(join(items, bigDataFileName(ITEM)));
    const { code, out } = await tryOrlop("check");
    assertEquals(code, 1);
    assertStringIncludes(out, `${bigDataFileName(ITEM)}: it is missing`);
  });
  await t.step("removes it", async () => {
    await orlop("rmi", "two");
    await orlop("gc");
    assertEquals(store.check(), []);
  });
});
