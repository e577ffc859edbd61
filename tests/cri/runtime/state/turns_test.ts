import { assertEquals, assertRejects } from "@std/assert";
import { Turns } from "../../../../src/cri/runtime/state/turns.ts";
import { sleep } from "../../../../src/errors/abort.ts";

Deno.test("Turns let one object's callers in one after the other", async () => {
  const turns = new Turns();
  const steps: string[] = [];
  async function work(name: string, key: string): Promise<void> {
    using _turn = await turns.take(key, "alone");
    steps.push(`${name} begins`);
    await sleep(5);
    steps.push(`${name} ends`);
  }
  await Promise.all([work("a", "1"), work("b", "1"), work("c", "2")]);
  const isOfFirst = (step: string) => !step.startsWith("c");
  assertEquals(steps.filter(isOfFirst), [
    ...["a begins", "a ends", "b begins", "b ends"],
  ]);
  assertEquals(steps[1], "c begins");
});

Deno.test("Turns are shared, but not past one who waits to be alone", async () => {
  const turns = new Turns();
  const steps: string[] = [];
  const one = await turns.take("1", "shared");
  const two = await turns.take("1", "shared");
  const alone = turns.take("1", "alone").then((turn) => {
    steps.push("alone");
    return turn;
  });
  const late = turns.take("1", "shared").then((turn) => {
    steps.push("late");
    return turn;
  });
  await sleep(0);
  assertEquals(steps, []);
  one[Symbol.dispose]();
  one[Symbol.dispose](); // once more makes no difference
  await sleep(0);
  assertEquals(steps, []);
  two[Symbol.dispose]();
  (await alone)[Symbol.dispose]();
  (await late)[Symbol.dispose]();
  assertEquals(steps, ["alone", "late"]);
});

Deno.test("Turns are given up by the signal, and others go on", async () => {
  const turns = new Turns();
  const first = await turns.take("1", "shared");
  const abort = new AbortController();
  const { signal } = abort;
  const given = turns.take("1", "alone", { signal });
  const behind = turns.take("1", "shared");
  abort.abort(new Error("enough"));
  await assertRejects(() => given, Error, "enough");
  (await behind)[Symbol.dispose]();
  first[Symbol.dispose]();
  using _free = await turns.take("1", "alone");
});
