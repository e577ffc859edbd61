/** What every store promises of its locks and its records. */

import { assertEquals, assertRejects } from "@std/assert";
import { sleep } from "../../src/errors/abort.ts";
import {
  imageId as idOf,
  imageRecord as image,
  type StoreSuite,
  storeSuite,
} from "./test_store.ts";

const WRITE = { images: "write" } as const;
const READ = { images: "read" } as const;

/** Tries the contract, a step a promise. */
export const testRecords: StoreSuite = storeSuite(async (step) => {
  await step("holds nothing at first", async (store) => {
    using held = await store.lock(READ);
    assertEquals([held.images.records, held.images.origin], [[], "none"]);
  });
  await step(
    "shows changes at once, and keeps what was saved",
    async (store) => {
      {
        using held = await store.lock(WRITE);
        held.images.add(image("a1", "one"));
        assertEquals(held.images.get(idOf("a1")), image("a1", "one"));
        held.images.save();
        held.images.add(image("b2", "two"));
      }
      using held = await store.lock(READ);
      assertEquals(held.images.records, [image("a1", "one")]);
      assertEquals(held.images.origin, "own");
    },
  );
  await step("keeps the order, also of what is changed", async (store) => {
    {
      using held = await store.lock(WRITE);
      for (const id of ["a1", "b2", "c3"]) held.images.add(image(id));
      held.images.update(image("a1", "first"));
      held.images.update(image("d4")); // is not there
      held.images.remove(idOf("b2"));
      held.images.remove(idOf("b2"));
      const before = held.images.records;
      held.images.add(image("e5"));
      assertEquals(before, [image("a1", "first"), image("c3")]);
      held.images.save();
    }
    using held = await store.lock(READ);
    const { records } = held.images;
    assertEquals(records, [image("a1", "first"), image("c3"), image("e5")]);
  });
  await step("finds by ID, name and beginning", async (store) => {
    using held = await store.lock(WRITE);
    const { images } = held;
    for (const record of [image("a1", "x"), image("ab", "x", "y")]) {
      images.add(record);
    }
    assertEquals(images.get(undefined), undefined);
    assertEquals(images.lookUp("x"), undefined);
    assertEquals(images.getByName("x")?.id, idOf("ab")); // the later one
    assertEquals(images.getByName("z"), undefined);
    assertEquals(images.getByPrefix("a1")?.id, idOf("a1"));
    assertEquals(images.getByPrefix("a"), undefined); // of two
    assertEquals(images.getByPrefix(""), undefined);
    assertEquals(images.pathOf(idOf("c3")), "");
  });
  await step("lets many read, and one write", async (store) => {
    const one = await store.lock(READ);
    const two = await store.lock(READ);
    let isWritten = false;
    const writing = store.lock(WRITE).then((held) => {
      isWritten = true;
      return held;
    });
    const late = AbortSignal.timeout(10);
    await assertRejects(() => store.lock(READ, { signal: late }));
    one[Symbol.dispose]();
    await sleep(10);
    assertEquals([isWritten], [false]);
    two[Symbol.dispose]();
    (await writing)[Symbol.dispose]();
  });
  await step("gives a lock on to who waits, in their order", async (store) => {
    const first = await store.lock(WRITE);
    const order: string[] = [];
    const wait = async (name: string) => {
      using _held = await store.lock(WRITE);
      order.push(name);
    };
    const waiting = ["b", "c", "d"].map(wait);
    const gone = assertRejects(() =>
      store.lock(WRITE, { signal: AbortSignal.abort() })
    );
    first[Symbol.dispose]();
    await Promise.all([...waiting, gone]);
    assertEquals(order, ["b", "c", "d"]);
  });
  await step("holds kinds apart, and all that is wanted", async (store) => {
    using held = await store.lock({ layers: "write", containers: "read" });
    assertEquals(Object.keys(held).toSorted(), [
      "containers",
      "faults",
      "layers",
    ]);
    assertEquals(held.faults, []);
    using _other = await store.lock({ images: "write" });
    using _reader = await store.lock({ containers: "read" });
  });
  await step("lets nobody change what is only read", async (store) => {
    using held = await store.lock(READ);
    const { images } = held;
    // @ts-expect-error: there is no such member
    const change = () => images.add(image("a1"));
    // @ts-expect-error: nor this
    const save = () => images.save();
    assertEquals([typeof change, typeof save], ["function", "function"]);
  });
});
