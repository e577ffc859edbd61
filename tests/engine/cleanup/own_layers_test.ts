import { assertEquals } from "@std/assert";
import type { LayerFact } from "../../../src/engine/layer_users.ts";
import { OwnLayers, sumBytes } from "../../../src/engine/cleanup/own_layers.ts";

function layer(id: string, parent?: string): LayerFact {
  return { id, parent, bytes: 1, createdMs: 0 } as unknown as LayerFact;
}

const LAYERS = [
  layer("base"),
  layer("a", "base"),
  layer("b", "base"),
  layer("top", "a"),
  layer("alone"),
  layer("loop", "knot"),
  layer("knot", "loop"),
];

function user(...tops: string[]) {
  return { tops } as unknown as ConstructorParameters<typeof OwnLayers>[1][0];
}

Deno.test("OwnLayers reports which layers only one image needs", () => {
  const [first, second, third] = [user("top"), user("b"), user("top", "b")];
  const own = new OwnLayers(LAYERS, [first, second]);
  const ids = (layers: readonly LayerFact[]) => layers.map(({ id }) => id);
  assertEquals(ids(own.listOf(first)), ["top", "a", "base"]);
  assertEquals(ids(own.ownOf(first)), ["top", "a"]);
  assertEquals(ids(own.ownOf(second)), ["b"]);
  assertEquals(ids(own.listOf(third)), ["top", "a", "base", "b"]);
  assertEquals(ids(own.all), ["base", "a", "b", "top"]);
  assertEquals(ids(own.listOf(user())), []);
  assertEquals(ids(own.listOf(user("none"))), []);
  assertEquals(ids(own.listOf(user("loop"))), ["loop", "knot"]);
  const shared = new OwnLayers(LAYERS, [first, third]);
  assertEquals(ids(shared.ownOf(first)), []);
  assertEquals(ids(shared.ownOf(third)), ["b"]);
});

Deno.test("sumBytes() adds up", () => {
  assertEquals(sumBytes([{ bytes: 1 }, { bytes: 2 }, { bytes: 4 }]), 7);
  assertEquals(sumBytes([]), 0);
});
