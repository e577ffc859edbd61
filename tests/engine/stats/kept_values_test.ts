import { assertEquals, assertRejects } from "@std/assert";
import { KeptValues } from "../../../src/engine/stats/kept_values.ts";

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
