import { assert, assertEquals } from "@std/assert";
import { LayerSizes } from "../../../src/engine/stats/layer_sizes.ts";
import { parseLayerId } from "../../../src/formats/storage/store_ids.ts";
import { measureTree } from "../../../src/fs/measure_tree.ts";
import { layerDirectory } from "../../../src/store/paths.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";
import { testClock } from "../../support/memory/test_clock.ts";

const LAYERS = ["a", "b"].map((digit) => parseLayerId(digit.repeat(64)));
const [FIRST, SECOND] = LAYERS;
assert(FIRST !== undefined && SECOND !== undefined);

/** Makes layers with a file of `size` bytes. @returns Where it is. */
function addLayer({ agent }: StoreAgent, layer: typeof FIRST, size: number) {
  assert(layer !== undefined);
  const diff = `${layerDirectory(agent.store.paths, layer)}/diff`;
  Deno.mkdirSync(diff, { recursive: true });
  Deno.writeTextFileSync(`${diff}/file`, "x".repeat(size));
  return diff;
}

Deno.test("LayerSizes measures layers, and again when they are old", async () => {
  using test = storeAgent();
  const [first, second] = [
    addLayer(test, FIRST, 5000),
    addLayer(test, SECOND, 9000),
  ];
  using clock = testClock();
  await using sizes = new LayerSizes(test.agent);
  const takenAtNs = () => BigInt(Date.now()) * 1_000_000n;
  const start = takenAtNs();
  const found = await sizes.get([SECOND, FIRST]);
  assertEquals([...found], [
    [SECOND, { ...await measureTree(second), takenAtNs: start }],
    [FIRST, { ...await measureTree(first), takenAtNs: start }],
  ]);
  const before = found.get(FIRST);
  await Deno.writeTextFile(`${first}/more`, "x".repeat(50_000));
  clock.advance(9_999);
  assertEquals((await sizes.get([FIRST])).get(FIRST), before);
  clock.advance(1);
  // What is old is told at once, and measured for the next one.
  assertEquals((await sizes.get([FIRST])).get(FIRST), before);
  for (;;) {
    const [size] = (await sizes.get([FIRST])).values();
    if (size?.takenAtNs === before?.takenAtNs) continue;
    assertEquals(size, { ...await measureTree(first), takenAtNs: takenAtNs() });
    break;
  }
});

Deno.test("LayerSizes forgets layers that no one asks for", async () => {
  using test = storeAgent();
  const first = addLayer(test, FIRST, 5000);
  using clock = testClock();
  await using sizes = new LayerSizes(test.agent);
  const [before] = (await sizes.get([FIRST])).values();
  await Deno.writeTextFile(`${first}/more`, "x".repeat(50_000));
  // Asked for in between, it is kept, however old.
  clock.advance(9_000);
  await sizes.get([FIRST]);
  clock.advance(600_000);
  assertEquals([...(await sizes.get([FIRST])).values()], [before]);
  await new Promise((resolve) => setTimeout(resolve)); // it is measured
  clock.advance(600_001);
  const [after] = (await sizes.get([FIRST])).values();
  assertEquals(after, {
    ...await measureTree(first),
    takenAtNs: BigInt(Date.now()) * 1_000_000n,
  });
});

Deno.test("LayerSizes has none of a layer that cannot be measured", async () => {
  using test = storeAgent();
  const { agent, messages } = test;
  const store = {
    ...agent.store,
    get paths(): never {
      throw new Error("no place");
    },
  };
  await using sizes = new LayerSizes({ ...agent, store });
  assertEquals([...await sizes.get([FIRST])], []);
  assertEquals(messages, [
    `debug: Cannot measure layer "${FIRST}": Error: no place`,
  ]);
});

Deno.test("LayerSizes measures one after another, and ends without words", async () => {
  using test = storeAgent();
  addLayer(test, FIRST, 1);
  addLayer(test, SECOND, 1);
  using _clock = testClock(); // so that the first one is measured in one go
  const sizes = new LayerSizes(test.agent);
  const asked = sizes.get([FIRST, SECOND]);
  await sizes[Symbol.asyncDispose]();
  assertEquals([...(await asked).keys()], [FIRST]);
  assertEquals(test.messages, []);
});
