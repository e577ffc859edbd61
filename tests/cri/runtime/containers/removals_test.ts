import { assertEquals, assertRejects } from "@std/assert";
import { Removals } from "../../../../src/cri/runtime/containers/removals.ts";
import { parseContainerId } from "../../../../src/formats/storage/store_ids.ts";

/** An ID of a container. */
function idOf(digit: string) {
  return parseContainerId(digit.repeat(64));
}

Deno.test("Removals are waited for by their pod, or all of them", async () => {
  const removals = new Removals();
  await removals.ofPod("a");
  await removals.settle();
  const [one, other] = [
    Promise.withResolvers<void>(),
    Promise.withResolvers<void>(),
  ];
  removals.add(idOf("1"), { podId: "a", done: one.promise });
  removals.add(idOf("2"), { podId: "b", done: other.promise });
  const ended: string[] = [];
  const all = [
    removals.ofPod("a").then(() => ended.push("a")),
    removals.settle().then(() => ended.push("all")),
  ];
  await removals.ofPod("c");
  assertEquals(ended, []);
  one.resolve();
  await all[0];
  assertEquals(ended, ["a"]);
  await removals.ofPod("a");
  other.resolve();
  await all[1];
  assertEquals(ended, ["a", "all"]);
});

Deno.test("Removals that fail are told to who waits for their pod, once", async () => {
  const removals = new Removals();
  const failing = Promise.withResolvers<void>();
  removals.add(idOf("1"), { podId: "a", done: failing.promise });
  const waiting = removals.ofPod("a");
  const settling = removals.settle();
  failing.reject(new Error("no"));
  await assertRejects(() => waiting, Error, "no");
  await settling;
  await removals.ofPod("a");
});
