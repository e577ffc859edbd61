import { assertEquals, assertFalse } from "@std/assert";
import { OwnLayers, sumBytes } from "../../src/engine/cleanup/own_layers.ts";
import { LayerUsers } from "../../src/engine/layer_users.ts";
import { layer } from "../support/cleanup_facts.ts";

/** base ← mid ← top, and base ← side; nobody uses lone. */
const LAYERS = [
  layer("base", { bytes: 1 }),
  layer("mid", { parent: "base", bytes: 2 }),
  layer("top", { parent: "mid", bytes: 4 }),
  layer("side", { parent: "base", bytes: 8 }),
  layer("lone", { bytes: 16 }),
];
const USER = { id: "one", tops: ["top"] };
const OTHER = { id: "two", tops: ["side"] };
const ids = (layers: readonly { readonly id: string }[]) =>
  layers.map(({ id }) => id);

Deno.test("LayerUsers knows which layers nobody needs", () => {
  const users = new LayerUsers(LAYERS, [USER, OTHER]);
  const free = () => ids(LAYERS).filter((id) => users.isFree(id));
  assertEquals(free(), ["lone"]);
  assertFalse(users.isFree("unknown"));
  assertEquals(ids(users.dropChain("lone")), ["lone"]);
  assertEquals(free(), []);
  assertEquals(users.dropChain("lone"), []);
});

Deno.test("LayerUsers drops what was needed by one image alone", () => {
  const users = new LayerUsers(LAYERS, [USER, OTHER]);
  assertEquals(ids(users.remove(USER)), ["top", "mid"]);
  assertEquals(ids(users.remove(OTHER)), ["side", "base"]);
});

Deno.test("LayerUsers keeps what several images need", () => {
  const twice = new LayerUsers(LAYERS, [USER, { ...USER, id: "again" }]);
  assertEquals(twice.remove(USER), []);
  assertEquals(ids(twice.remove(USER)), ["top", "mid"]);
});

Deno.test("LayerUsers keeps what is held, precious or spared", async (t) => {
  const changed = (id: string, changes: Parameters<typeof layer>[1]) =>
    LAYERS.map((one) => one.id === id ? { ...one, ...changes } : one);
  await t.step("held", () => {
    const layers = changed("mid", { holder: "a pull" });
    const users = new LayerUsers(layers, [USER]);
    assertEquals(ids(users.remove(USER)), ["top"]);
  });
  await t.step("precious", () => {
    const layers = changed("top", { hasOwnFiles: true });
    assertEquals(new LayerUsers(layers, [USER]).remove(USER), []);
  });
  await t.step("spared", () => {
    const users = new LayerUsers(LAYERS, []);
    assertEquals(ids(users.dropChain("top", new Set(["mid"]))), ["top"]);
    assertEquals(ids(users.dropChain("mid")), ["mid"]);
  });
});

Deno.test("OwnLayers distinguishes shared layers from an image's own", () => {
  const own = new OwnLayers(LAYERS, [USER, OTHER]);
  assertEquals(ids(own.listOf(USER)), ["top", "mid", "base"]);
  assertEquals(ids(own.ownOf(USER)), ["top", "mid"]);
  assertEquals(ids(own.ownOf(OTHER)), ["side"]);
  assertEquals(ids(own.all).toSorted(), ["base", "mid", "side", "top"]);
  assertEquals(sumBytes(own.all), 15);
});

Deno.test("OwnLayers counts a layer once, and ends in a circle", () => {
  const tops = ["top", "side", "unknown"];
  const both = { id: "both", tops };
  const own = new OwnLayers(LAYERS, [both]);
  assertEquals(ids(own.listOf(both)), ["top", "mid", "base", "side"]);
  assertEquals(ids(own.ownOf(both)), ["top", "mid", "base", "side"]);
  const round = [layer("a", { parent: "b" }), layer("b", { parent: "a" })];
  const user = { id: "x", tops: ["a"] };
  assertEquals(ids(new OwnLayers(round, [user]).listOf(user)), ["a", "b"]);
});
