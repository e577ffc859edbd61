/** Records that are made again are those that a pull wrote. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { gzipSync } from "node:zlib";
import {
  proveImage,
  rebuildImage,
  rebuildLayer,
} from "../../../src/engine/check/rebuild_records.ts";
import { remakeNames } from "../../../src/engine/check/remake_names.ts";
import { createThrottle } from "../../../src/engine/check/throttle.ts";
import {
  isPartial,
  isVerifiable,
  verifyLayer,
  whyUnreadable,
} from "../../../src/engine/check/verify_layer.ts";
import { pullImage } from "../../../src/engine/transfer/pull_image.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import type { LayerId } from "../../../src/formats/storage/store_ids.ts";
import type {
  ContainerRecord,
  ImageRecord,
  LayerRecord,
} from "../../../src/formats/storage/store_record.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";

const NEEDED = needs("root", "tar");
const BASE = archive(file("base.txt", "base"));
const TOP = archive(file("top.txt", "top"));

interface Subject extends StoreAgent {
  readonly image: ImageRecord;
  readonly base: LayerRecord;
  readonly top: LayerRecord;
}

/** An image of two layers: one is compressed, the other is not. */
async function subject(): Promise<Subject> {
  const store = storeAgent();
  const layout = store.dir.join("two");
  await writeLayout(layout, [
    { blob: new Uint8Array(gzipSync(BASE)), diffId: digestOf(BASE) },
    { blob: TOP, diffId: digestOf(TOP) },
  ]);
  await pullImage(store.agent, `oci:${layout}:latest`);
  using held = await store.agent.store.lock({ layers: "read", images: "read" });
  const [image] = held.images.records;
  const base = held.layers.records.find(({ parent }) => !parent);
  const top = held.layers.records.find(({ parent }) => parent);
  assert(image && base && top);
  return { ...store, image, base, top };
}

Deno.test(
  "rebuildImage() and rebuildLayer() make the records that were lost",
  NEEDED,
  async () => {
    using test = await subject();
    const { agent, image, base, top } = test;
    const { paths } = agent.store;
    const proven = proveImage(paths, image.id);
    assert(proven !== undefined);
    const proofs = { images: [proven], containers: [] };
    for (const record of [base, top]) {
      const { created, ...rebuilt } = rebuildLayer(paths, record.id, proofs) ??
        { created: "" };
      const { mtime } = await Deno.stat(layerDirectory(paths, record.id));
      assertEquals(created, mtime?.toISOString());
      const known = Object.fromEntries(
        Object.entries(record).filter(([key]) => key in rebuilt),
      );
      assertEquals(rebuilt as Record<string, unknown>, known);
      assertEquals(Object.keys(rebuilt).toSorted(), [
        ...["compressed-diff-digest", "compressed-size"],
        ...record === base ? ["compression"] : [],
        ...["diff-digest", "diff-size", "id"],
        ...record === base ? [] : ["parent"],
      ]);
    }
    const again = rebuildImage(paths, image.id);
    assert(again !== undefined);
    const members: Record<string, unknown> = { ...image };
    for (const [key, value] of Object.entries(again)) {
      if (["created", "flags", "names"].includes(key)) continue;
      const sorted = (one: unknown) =>
        Array.isArray(one) ? one.toSorted() : one;
      assertEquals(sorted(value), sorted(members[key]), key);
    }
    assertEquals(again.layer, top.id);
    assertEquals(again.digest, image.digest);
  },
);

Deno.test(
  "rebuildLayer() makes no record without a proof",
  NEEDED,
  async (t) => {
    using test = await subject();
    const { agent, image, base, top } = test;
    const { paths } = agent.store;
    const proven = proveImage(paths, image.id);
    assert(proven !== undefined);
    await t.step("of an image", () => {
      const none = { images: [], containers: [] };
      assertEquals(rebuildLayer(paths, base.id, none), undefined);
    });
    const id = "c".repeat(64) as LayerId;
    const directory = layerDirectory(paths, id);
    await Deno.mkdir(join(directory, "diff"), { recursive: true });
    const owner = {
      ...{ id: "app", image: image.id, layer: id, names: ["app"], created: "" },
    } as unknown as ContainerRecord;
    const images = [proven];
    await t.step("of a container", () => {
      const proofs = { images, containers: [] };
      assertEquals(rebuildLayer(paths, id, proofs), undefined);
    });
    await t.step("of what is below", () => {
      const containers = [owner];
      assertEquals(rebuildLayer(paths, id, { images, containers }), undefined);
      const bare = { ...owner, image: "" } as unknown as ContainerRecord;
      const record = rebuildLayer(paths, id, { images, containers: [bare] });
      assertEquals([record?.id, record?.parent], [id, undefined]);
      assert(record?.names?.length === 1);
    });
    await t.step("as its own list of it says", async () => {
      const containers = [owner];
      const ofTop = layerDirectory(paths, top.id);
      const link = await Deno.readTextFile(join(ofTop, "link"));
      await Deno.writeTextFile(join(directory, "lower"), `l/${link}`);
      const record = rebuildLayer(paths, id, { images, containers });
      assertEquals([record?.id, record?.parent], [id, top.id]);
      await Deno.writeTextFile(join(directory, "lower"), "l/NONE");
      assertEquals(rebuildLayer(paths, id, { images, containers }), undefined);
    });
  },
);

Deno.test("proveImage() takes no config that is another", NEEDED, async () => {
  using test = await subject();
  const { agent, image } = test;
  const { paths } = agent.store;
  assert(proveImage(paths, image.id) !== undefined);
  assertEquals(proveImage(paths, "d".repeat(64)), undefined);
  const folder = join(paths.images, image.id);
  await Deno.writeTextFile(join(folder, "manifest"), "{");
  assertEquals(rebuildImage(paths, image.id), undefined);
});

/** Verifies a layer, whose record may say something else. */
async function verify(
  { agent, base }: Subject,
  changes: Partial<LayerRecord> = {},
): Promise<readonly string[]> {
  const layer = { ...base, ...changes };
  return await verifyLayer(agent.store.paths, layer, {
    ...{ throttle: createThrottle(Infinity), copies: undefined },
    signal: undefined,
  });
}

Deno.test(
  "verifyLayer() compares a layer with its record",
  NEEDED,
  async (t) => {
    using test = await subject();
    const { agent, base } = test;
    const file = join(
      layerDirectory(agent.store.paths, base.id),
      "diff/base.txt",
    );
    const other = `sha256:${"0".repeat(64)}`;
    const digest = digestOf(BASE);
    const cases:
      readonly (readonly [string, Partial<LayerRecord>, string[]])[] = [
        ["whole", {}, []],
        ["another digest", { "diff-digest": other }, [
          `its archive has digest ${digest}, its record says ${other}`,
        ]],
        ["another size", { "diff-size": 1 }, [
          `its archive has ${BASE.length} bytes, its record says 1`,
        ]],
        ["a size that is not known", { "diff-size": -1 }, []],
        ["no digest", { "diff-digest": "odd" }, []],
      ];
    for (const [name, changes, faults] of cases) {
      await t.step(name, async () => {
        assertEquals(await verify(test, changes), faults);
      });
    }
    await t.step("another owner", async () => {
      await Deno.chown(file, 5, 6);
      assertEquals(await verify(test), [
        "base.txt: it belongs to 5:6, not 0:0",
      ]);
      const map = [{ "container_id": 0, "host_id": 5, "size": 1 }];
      for (const member of ["uidmap", "gidmap"]) {
        assertEquals(await verify(test, { [member]: map }), []);
        assertEquals((await verify(test, { [member]: [] })).length, 1);
      }
      await Deno.chown(file, 0, 0);
    });
    await t.step("other bytes", async () => {
      await Deno.writeTextFile(file, "BASE");
      assert((await verify(test)).length > 0);
      await Deno.remove(file);
      const [fault = "", ...others] = await verify(test);
      assertEquals(others, []);
      assert(fault.includes("base.txt"), fault);
      assert(!fault.includes(base.id.slice(0, 12) + `": `), fault);
      assert(!fault.includes("pull its image again"), fault);
    });
    await t.step("what can be verified", () => {
      assert(isVerifiable(base));
      assert(!isVerifiable({ ...base, "diff-digest": "odd" }));
      const partial = { ...base, "toc-digest": other } as LayerRecord;
      assert(!isVerifiable(partial) && isPartial(partial) && !isPartial(base));
      const error = new Error(
        `Cannot read layer "${base.id}": it is odd; pull its image again`,
      );
      assertEquals(whyUnreadable(error, base), "it is odd");
    });
  },
);

Deno.test(
  "remakeNames() gives a short name to who has none of its own",
  NEEDED,
  async (t) => {
    using test = await subject();
    const { agent, base, top } = test;
    const { paths } = agent.store;
    const linkOf = ({ id }: LayerRecord) =>
      join(layerDirectory(paths, id), "link");
    const nameOf = (layer: LayerRecord) => Deno.readTextFile(linkOf(layer));
    const leadsTo = async (layer: LayerRecord) =>
      await Deno.readLink(join(paths.links, await nameOf(layer)));
    const isRight = async () => {
      for (const layer of [base, top]) {
        assertEquals(await leadsTo(layer), `../${layer.id}/diff`);
      }
      const lower = await Deno.readTextFile(
        join(layerDirectory(paths, top.id), "lower"),
      );
      assertEquals(lower, `l/${await nameOf(base)}`);
    };
    await t.step("a link that is missing", async () => {
      const name = await nameOf(base);
      await Deno.remove(join(paths.links, name));
      await remakeNames(agent, [base.id], {});
      assertEquals(await nameOf(base), name);
      await isRight();
    });
    await t.step("a name that two have: who it leads to keeps it", async () => {
      const name = await nameOf(base);
      await Deno.writeTextFile(linkOf(top), name);
      await remakeNames(agent, [base.id, top.id], {});
      assertEquals(await nameOf(base), name);
      assert(await nameOf(top) !== name);
      await isRight();
    });
    await t.step("a list of lower layers that is missing", async () => {
      await Deno.remove(join(layerDirectory(paths, top.id), "lower"));
      await remakeNames(agent, [top.id], {});
      await isRight();
    });
    await t.step("not if it is aborted", async () => {
      const signal = AbortSignal.abort("enough");
      const error = await remakeNames(agent, [top.id], { signal })
        .catch((error) => error);
      assertEquals(error, "enough");
    });
  },
);
