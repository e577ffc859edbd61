import { assertEquals, assertRejects } from "@std/assert";
import { Jobs } from "../../../../src/cri/runtime/state/jobs.ts";

Deno.test("Jobs go on when their caller gives up, and a retry joins", async () => {
  const jobs = new Jobs<number>();
  const { promise, resolve } = Promise.withResolvers<number>();
  const abort = new AbortController();
  const first = jobs.join("a", () => promise, { signal: abort.signal });
  abort.abort(new Error("too slow"));
  await assertRejects(() => first, Error, "too slow");
  const retry = jobs.join("a", () => Promise.resolve(2));
  resolve(1);
  assertEquals(await retry, 1);
  await jobs.settle();
  assertEquals(await jobs.join("a", () => Promise.resolve(3)), 3);
});

Deno.test("Jobs that fail with nobody waiting leave nothing", async () => {
  const jobs = new Jobs<number>();
  const { promise, reject } = Promise.withResolvers<number>();
  const abort = new AbortController();
  const first = jobs.join("a", () => promise, { signal: abort.signal });
  abort.abort();
  await assertRejects(() => first);
  reject(new Error("in vain"));
  await jobs.settle();
  assertEquals(await jobs.join("a", () => Promise.resolve(4)), 4);
});

Deno.test("Jobs.settle() waits for the last of them", async () => {
  const jobs = new Jobs<number>();
  const { promise, resolve } = Promise.withResolvers<number>();
  const ended: string[] = [];
  const job = jobs.join("a", () => promise).then(() => ended.push("job"));
  const settled = jobs.settle().then(() => ended.push("settled"));
  await jobs.join("b", () => Promise.resolve(2));
  assertEquals(ended, []);
  resolve(1);
  await Promise.all([job, settled]);
  assertEquals(ended.toSorted(), ["job", "settled"]);
});
