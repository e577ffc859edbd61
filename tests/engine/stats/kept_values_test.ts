import { assertEquals, assertRejects } from "@std/assert";
import {
  KeptValues,
  type KeptValuesOptions,
} from "../../../src/engine/stats/kept_values.ts";
import { testClock } from "../../support/memory/test_clock.ts";

Deno.test("KeptValues reads what it does not know, once", async () => {
  const reads: (readonly string[])[] = [];
  const values = new KeptValues<number>({
    read: (names) => {
      reads.push(names);
      const known = names.filter((name) => name !== "none");
      return Promise.resolve(
        new Map(known.map((name) => [name, reads.length])),
      );
    },
  });
  const all = await Promise.all([
    values.get(["a", "b", "a"]),
    values.get(["b", "none"]),
    values.get(["none"]),
  ]);
  assertEquals(all.map((found) => [...found]), [
    [["a", 1], ["b", 1], ["a", 1]].slice(0, 2),
    [["b", 1]],
    [],
  ]);
  assertEquals(reads, [["a", "b"], ["none"]]);
  assertEquals([...await values.get([])], []);
});

Deno.test("KeptValues reads again what is old", async () => {
  let count = 0;
  const values = new KeptValues<number>({
    keepMs: -1,
    read: (names) => Promise.resolve(new Map(names.map((n) => [n, ++count]))),
  });
  assertEquals((await values.get(["a"])).get("a"), 1);
  assertEquals((await values.get(["a"])).get("a"), 2);
});

Deno.test("KeptValues lets the next one read when a reading fails", async () => {
  let isBroken = true;
  const values = new KeptValues<string>({
    read: () => {
      if (isBroken) throw new Error("broken");
      return Promise.resolve(new Map([["a", "fine"]]));
    },
  });
  const first = values.get(["a"]);
  await assertRejects(() => first, Error, "broken");
  isBroken = false;
  assertEquals((await values.get(["a"])).get("a"), "fine");
});

Deno.test("KeptValues keeps values for a time, and no longer", async (t) => {
  const cases = [
    [undefined, 500, [["a"]]],
    [undefined, 501, [["a"], ["a"]]],
    [7, 7, [["a"]]],
    [7, 8, [["a"], ["a"]]],
  ] as const;
  for (const [keepMs, ms, expected] of cases) {
    await t.step(`${keepMs}, after ${ms} ms`, async () => {
      using clock = testClock();
      const { reads, values } = countedValues({ keepMs });
      await values.get(["a"]);
      clock.advance(ms);
      await values.get(["a"]);
      assertEquals(reads, [...expected]);
    });
  }
});

Deno.test("KeptValues forgets in time what it would keep for ever", async () => {
  using clock = testClock();
  const { reads, values } = countedValues({ keepMs: Infinity });
  await values.get(["a"]);
  clock.advance(600_000);
  await values.get(["b"]);
  await values.get(["a"]);
  assertEquals(reads, [["a"], ["b"]]);
  clock.advance(1);
  await values.get(["c"]);
  await values.get(["a", "b"]);
  assertEquals(reads, [["a"], ["b"], ["c"], ["a"]]);
});

Deno.test("KeptValues lets who waits for others give up", async () => {
  const reading = Promise.withResolvers<void>();
  const signals: unknown[] = [];
  const values = new KeptValues<string>({
    async read(names, { signal }) {
      signals.push(signal);
      await reading.promise;
      return new Map(names.map((name) => [name, name]));
    },
  });
  const first = values.get(["a"]);
  const aborting = new AbortController();
  const { signal } = aborting;
  const second = values.get(["b"], { signal }).catch((error) => error);
  aborting.abort("enough");
  assertEquals(await second, "enough");
  reading.resolve();
  assertEquals([...await first], [["a", "a"]]);
  const third = new AbortController();
  await values.get(["b"], { signal: third.signal });
  assertEquals(signals, [undefined, third.signal]);
});

/** Values that are their names, and what was read of them. */
function countedValues(
  options: Pick<KeptValuesOptions<string>, "keepMs">,
) {
  const reads: (readonly string[])[] = [];
  const values = new KeptValues<string>({
    ...options,
    read(names) {
      reads.push(names);
      return Promise.resolve(new Map(names.map((name) => [name, name])));
    },
  });
  return { reads, values };
}
