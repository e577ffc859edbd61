import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { nameOf, parseReference } from "../../src/formats/oci/reference.ts";
import { parseImageId } from "../../src/formats/storage/store_ids.ts";
import type { ImageRecord } from "../../src/formats/storage/store_record.ts";
import {
  findImageUsers,
  giveNames,
  lastUseOf,
  noteUse,
  pinOf,
  setPin,
  withNames,
} from "../../src/store/image_records.ts";
import { memoryStore } from "../support/memory/memory_store.ts";

const [A, B, NONE] = ["aa", "bb", "cc"].map((text) =>
  parseImageId(text.repeat(32))
) as [
  ReturnType<typeof parseImageId>,
  ReturnType<typeof parseImageId>,
  ReturnType<typeof parseImageId>,
];
const name = (text: string) => nameOf(parseReference(text));

/** A table with the images A and B. */
async function table(
  a: Partial<ImageRecord> = {},
  b: Partial<ImageRecord> = {},
) {
  const held = await memoryStore().lock({
    images: "write",
    containers: "write",
  });
  const record = { digest: "", created: "2026-01-01T00:00:00Z" };
  held.images.add({ ...record, id: A, ...a });
  held.images.add({ ...record, id: B, ...b });
  return {
    held,
    images: held.images,
    of: (id: typeof A) => held.images.get(id) ?? { ...record, id },
    [Symbol.dispose]: () => held[Symbol.dispose](),
  };
}

/** A time so long ago, as it is noted. */
function used(msAgo: number): Partial<ImageRecord> {
  const time = new Date(Date.now() - msAgo).toISOString();
  return { flags: { "orlop-last-used": time } };
}

Deno.test("noteUse() notes when an image was used, and keeps other flags", async () => {
  using test = await table({ flags: { other: 1 } });
  const before = new Date().toISOString();
  noteUse(test.images, A);
  const noted = lastUseOf(test.of(A)) ?? "";
  assert(noted >= before && noted <= new Date().toISOString(), noted);
  assertEquals(test.of(A).flags?.["other"], 1);
  assertEquals(lastUseOf(test.of(B)), undefined);
  noteUse(test.images, NONE);
});

Deno.test("noteUse() notes the same use once", async (t) => {
  const cases: readonly (readonly [
    string,
    Partial<ImageRecord>,
    Partial<ImageRecord>,
    "noted" | "kept",
  ])[] = [
    ["just noted", used(10), {}, "kept"],
    ["just noted, and the other before", used(10), used(500), "kept"],
    ["just noted, but the other since", used(500), used(10), "noted"],
    ["long ago", used(60_000), {}, "noted"],
    ["in a future that a clock once had", used(-60_000), {}, "noted"],
    ["never", {}, {}, "noted"],
  ];
  for (const [title, a, b, outcome] of cases) {
    await t.step(title, async () => {
      using test = await table(a, b);
      const before = lastUseOf(test.of(A));
      noteUse(test.images, A);
      const after = lastUseOf(test.of(A));
      if (outcome === "kept") assertEquals(after, before);
      else assertNotEquals(after, before);
    });
  }
});

Deno.test("setPin() notes both states, and pinOf() tells none", async () => {
  using test = await table({ flags: { other: 1 } }, {
    flags: { "orlop-pinned": "yes", "orlop-last-used": 1 },
  });
  assertEquals(pinOf(test.of(A)), undefined);
  setPin(test.images, A, "pinned");
  assertEquals(pinOf(test.of(A)), "pinned");
  setPin(test.images, A, "unpinned");
  assertEquals(pinOf(test.of(A)), "unpinned");
  assertEquals(test.of(A).flags, { other: 1, "orlop-pinned": false });
  // What another tool wrote there says nothing.
  assertEquals([pinOf(test.of(B)), lastUseOf(test.of(B))], [
    ...[undefined, undefined],
  ]);
});

Deno.test("giveNames() takes names from those who had them", async () => {
  const [one, two, three] = ["a:1", "a:2", "a:3"].map(name) as [
    ...[ReturnType<typeof name>, ReturnType<typeof name>],
    ReturnType<typeof name>,
  ];
  using test = await table({ names: [one] }, { names: [two, three] });
  giveNames(test.images, A, [two, one]);
  assertEquals(test.of(A).names, [two, one]);
  assertEquals(test.of(A)["names-history"], [two, one]);
  assertEquals(test.of(B).names, [three]);
  assertEquals(test.of(B)["names-history"], [three, two]);
  giveNames(test.images, A, [three]);
  assertEquals(test.of(A).names, [three, two, one]);
  assertEquals(test.of(B).names, undefined);
  assertEquals(test.of(B)["names-history"], [three, two]);
  giveNames(test.images, NONE, [one]);
  assertEquals(test.of(A).names, [three, two]);
});

Deno.test("withNames() keeps the history, the latest first", () => {
  const image: ImageRecord = {
    ...{ id: A, digest: "", created: "", names: ["b", "c"] },
    "names-history": ["c", "d"],
  };
  const { names, "names-history": history } = withNames(image, ["a", "b", "a"]);
  assertEquals(names, ["a", "b"]);
  assertEquals(history, ["a", "b", "c", "d"]);
  const bare = withNames(image);
  assertEquals("names" in bare, names === undefined);
  assertEquals(bare["names-history"], ["b", "c", "d"]);
  const { names: _, "names-history": __, ...least } = image;
  assertEquals(withNames(least), least);
});

Deno.test("findImageUsers() names the containers of an image", async () => {
  using test = await table();
  assertEquals(findImageUsers(test.held, A), []);
});
