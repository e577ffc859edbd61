import { assert, assertEquals, assertRejects } from "@std/assert";
import { sleep } from "../../../src/errors/abort.ts";
import { StoreBusyError } from "../../../src/errors/store_errors.ts";
import { takeLibc } from "../../../src/process/bind_libc.ts";
import type { LockKind } from "../../../src/process/libc_files.ts";
import {
  acquireLock,
  type HeldLock,
  tryLock,
} from "../../../src/store/records/lock.ts";
import { tempDir } from "../../support/temp_dir.ts";

const libc = takeLibc();

/** Takes a lock in a fresh folder many times at once, and notes the order. */
function queueOn(path: string) {
  const order: string[] = [];
  const held = new Map<string, HeldLock>();
  return {
    order,
    async take(name: string, kind: LockKind, signal?: AbortSignal) {
      const lock = await acquireLock(path, kind, { libc, signal });
      order.push(name);
      held.set(name, lock);
    },
    release(...names: readonly string[]) {
      for (const name of names) held.get(name)?.[Symbol.dispose]();
    },
  };
}

/** Long enough for all that can go on to have done so. */
const settle = () => sleep(30);

Deno.test("acquireLock() serves who came first, readers together", async () => {
  using dir = tempDir();
  const { order, take, release } = queueOn(dir.join("lock"));
  const all = [
    take("writer 1", "write"),
    take("reader 1", "read"),
    take("reader 2", "read"),
    take("writer 2", "write"),
    take("reader 3", "read"), // not with the others: writers get their turn
  ];
  await settle();
  assertEquals(order, ["writer 1"]);
  release("writer 1");
  await settle();
  assertEquals(order.slice(1), ["reader 1", "reader 2"]);
  release("reader 2");
  await settle();
  assertEquals(order.length, 3);
  release("reader 1");
  await settle();
  assertEquals(order.slice(3), ["writer 2"]);
  release("writer 2");
  await Promise.all(all);
  assertEquals(order.at(-1), "reader 3");
  release("reader 3");
});

Deno.test("acquireLock() lets who gave up stand in nobody's way", async () => {
  using dir = tempDir();
  const path = dir.join("lock");
  const { order, take, release } = queueOn(path);
  await take("reader", "read");
  const reason = new RangeError("enough");
  const controller = new AbortController();
  const given = assertRejects(
    () => take("writer", "write", controller.signal),
    RangeError,
    "enough",
  );
  const late = assertRejects(
    () => acquireLock(path, "write", { libc, timeoutMs: 20 }),
    StoreBusyError,
    `Cannot lock "${path}": another call of this process holds it`,
  );
  const last = take("last", "read");
  await late;
  assertEquals(order, ["reader"]);
  controller.abort(reason);
  await Promise.all([given, last]);
  assertEquals(order, ["reader", "last"]);
  release("reader", "last");
});

Deno.test("acquireLock() hands a lock on without waiting", async () => {
  using dir = tempDir();
  const path = dir.join("lock");
  let count = 0;
  const begun = performance.now();
  await Promise.all(Array.from({ length: 16 }, async () => {
    for (let round = 0; round < 50; round++) {
      using _lock = await acquireLock(path, "write", { libc });
      count++;
    }
  }));
  assertEquals(count, 800);
  // Every 10 ms each, as it was, took 8 s.
  assert(performance.now() - begun < 3000);
});

Deno.test("acquireLock() leaves a busy lock to other processes, too", async () => {
  using dir = tempDir();
  const path = dir.join("lock");
  let isOver = false;
  const loops = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      using _lock = await acquireLock(path, "write", { libc });
      await sleep(1);
    }
  });
  // Past the queue, as others come.
  const endMs = performance.now() + 5_000;
  for (;;) {
    await sleep(1);
    using lock = tryLock(path, libc);
    if (lock !== undefined) break;
    assert(performance.now() < endMs, "never free");
  }
  isOver = true;
  await Promise.all(loops);
});
