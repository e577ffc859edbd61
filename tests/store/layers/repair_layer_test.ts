import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createLayer } from "../../../src/store/layers/create_layer.ts";
import {
  findLayerFaults,
  readShortName,
} from "../../../src/store/layers/layer_files.ts";
import {
  restoreNames,
  restoreShortLink,
  restoreShortLinks,
} from "../../../src/store/layers/repair_layer.ts";
import {
  type LayerId,
  parseLayerId,
} from "../../../src/formats/storage/store_ids.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";

const [BASE, MIDDLE, TOP] = ["a", "b", "c"].map((digit) =>
  parseLayerId(digit.repeat(64))
);
assert(BASE !== undefined && MIDDLE !== undefined && TOP !== undefined);
const CHAIN: readonly LayerId[] = [BASE, MIDDLE, TOP];

async function makeChain({ agent: { store } }: StoreAgent): Promise<void> {
  using held = await store.lock({ layers: "write" });
  for (const [index, id] of CHAIN.entries()) {
    const parent = CHAIN[index - 1];
    await createLayer(store, held.layers, { id, ...parent && { parent } });
  }
}

/** What is wrong with each of them. */
async function faults({ agent: { store } }: StoreAgent): Promise<string[]> {
  using held = await store.lock({ layers: "read" });
  const { layers } = held;
  const found = await Promise.all(
    layers.records.map((layer) => findLayerFaults(store.paths, layers, layer)),
  );
  return found.flat().map(({ kind, path }) => `${kind} ${path}`);
}

type Damage = (at: (name: string) => string, shortLink: string) => void;

const DAMAGES: Readonly<Record<string, Damage>> = {
  "no short name": (at) => Deno.removeSync(at("link")),
  "a damaged short name": (at) => Deno.writeTextFileSync(at("link"), "../x"),
  "a folder for the short name": (at) => {
    Deno.removeSync(at("link"));
    Deno.mkdirSync(at("link"));
  },
  "no short link": (_, link) => Deno.removeSync(link),
  "a short link elsewhere": (_, link) => {
    Deno.removeSync(link);
    Deno.symlinkSync("/etc", link);
  },
  "a file for the short link": (_, link) => {
    Deno.removeSync(link);
    Deno.writeTextFileSync(link, "");
  },
  "no name at all": (at, link) => {
    Deno.removeSync(at("link"));
    Deno.removeSync(link);
  },
  "no list of lower layers": (at) => Deno.removeSync(at("lower")),
  "another list of lower layers": (at) =>
    Deno.writeTextFileSync(at("lower"), "l/ABC"),
  "a folder for that list": (at) => {
    Deno.removeSync(at("lower"));
    Deno.mkdirSync(at("lower"));
  },
  "no work directory": (at) => Deno.removeSync(at("work")),
};

Deno.test("restoreNames() makes names again, also those in layers above", async (t) => {
  assert(MIDDLE !== undefined);
  for (const [name, damage] of Object.entries(DAMAGES)) {
    await t.step(name, async () => {
      using test = storeAgent();
      await makeChain(test);
      const { store } = test.agent;
      assertEquals(await faults(test), []);
      const directory = layerDirectory(store.paths, MIDDLE);
      const shortName = readShortName(directory) ?? "";
      damage(
        (file) => `${directory}/${file}`,
        `${store.paths.links}/${shortName}`,
      );
      {
        using held = await store.lock({ layers: "write" });
        await restoreNames(store, held.layers, MIDDLE);
      }
      assertEquals(await faults(test), []);
      // A link that is left tells the name.
      const after = readShortName(directory);
      if (name === "no name at all") assertNotEquals(after, shortName);
      else assertEquals(after, shortName);
      const { mode } = await Deno.stat(`${directory}/work`);
      assertEquals((mode ?? 0) & 0o777, 0o700);
    });
  }
  await t.step("of an unknown layer", async () => {
    using test = storeAgent();
    await makeChain(test);
    const { store } = test.agent;
    using held = await store.lock({ layers: "write" });
    await restoreNames(store, held.layers, parseLayerId("d".repeat(64)));
    const names = await Array.fromAsync(Deno.readDir(store.paths.home));
    assertEquals(names.length, 5);
  });
});

Deno.test("restoreShortLink() takes no link that another layer has", async () => {
  assert(BASE !== undefined && TOP !== undefined);
  using test = storeAgent();
  await makeChain(test);
  const { store } = test.agent;
  const name = readShortName(layerDirectory(store.paths, BASE)) ?? "";
  const top = layerDirectory(store.paths, TOP);
  await Deno.writeTextFile(`${top}/link`, name);
  const link = `${store.paths.links}/${name}`;
  restoreShortLink(store, TOP);
  assertEquals(await Deno.readLink(link), `../${BASE}/diff`);
  // The other one has it no more.
  await Deno.remove(`${layerDirectory(store.paths, BASE)}/link`);
  restoreShortLink(store, TOP);
  assertEquals(await Deno.readLink(link), `../${TOP}/diff`);
  await Deno.remove(`${top}/link`);
  await Deno.remove(link);
  restoreShortLink(store, TOP); // it has no name
  assertEquals(await Deno.lstat(link).catch(() => undefined), undefined);
});

Deno.test("restoreShortLinks() looks at links that changed after the records", async () => {
  using test = storeAgent();
  await makeChain(test);
  const { store } = test.agent;
  const { links, layers } = store.paths;
  const names = CHAIN.map((id) =>
    readShortName(layerDirectory(store.paths, id)) ?? ""
  );
  const left = () => [...Deno.readDirSync(links)].map(({ name }) => name);
  using held = await store.lock({ layers: "write" });
  const restore = (changed: number) => {
    for (const name of left()) Deno.removeSync(`${links}/${name}`);
    Deno.utimeSync(`${layers}/layers.json`, 1_700_000_000, 1_700_000_000);
    Deno.utimeSync(links, changed, changed);
    restoreShortLinks(store, held.layers);
    return left().toSorted();
  };
  assertEquals(restore(1_699_999_999), []);
  // Within the same moment the order is unknown.
  assertEquals(restore(1_700_000_000), names.toSorted());
  assertEquals(restore(1_700_000_001), names.toSorted());
});
