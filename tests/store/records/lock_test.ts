import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { StoreBusyError } from "../../../src/errors/store_errors.ts";
import type { Libc } from "../../../src/process/libc.ts";
import { takeLibc } from "../../../src/process/bind_libc.ts";
import { acquireLock, tryLock } from "../../../src/store/records/lock.ts";
import { needs, needsThat } from "../../support/peers.ts";
import { holdLock } from "../../support/programs/lock_holder.ts";
import { tempDir } from "../../support/temp_dir.ts";

const libc = takeLibc();
const withPython = {
  ignore: needsThat(libc !== undefined, "libc cannot be bound").ignore ||
    needs("python3").ignore,
};

// What orlop falls back to without libc must keep the same promises.
const BOUND = [{ name: "fcntl", libc }, { name: "flock", libc: undefined }];

for (const { name, libc } of BOUND) {
  Deno.test(`${name}: acquireLock() makes the file, and its folder`, async () => {
    using dir = tempDir();
    const path = dir.join("a", "b", "lock");
    using lock = await acquireLock(path, "write", { libc });
    assertEquals([lock.path, lock.kind], [path, "write"]);
    assertEquals(modeOf(path), 0o644);
    assertEquals(modeOf(dir.join("a", "b")), 0o700);
  });

  Deno.test(`${name}: readers share a lock, a writer has it alone`, async () => {
    using dir = tempDir();
    const path = dir.join("lock");
    const options = { libc, timeoutMs: 0 };
    {
      using _one = await acquireLock(path, "read", options);
      using _two = await acquireLock(path, "read", options);
      await assertRejects(
        () => acquireLock(path, "write", options),
        StoreBusyError,
        `Cannot lock "${path}"`,
      );
    }
    using _writer = await acquireLock(path, "write", options);
    await assertRejects(
      () => acquireLock(path, "read", options),
      StoreBusyError,
    );
  });

  Deno.test(`${name}: who only looks gets a lock of a file that nobody has`, async () => {
    using dir = tempDir();
    const path = dir.join("lock");
    (await acquireLock(path, "write", { libc }))[Symbol.dispose]();
    const options = { libc, timeoutMs: 0, use: "look" } as const;
    (await acquireLock(path, "write", options))[Symbol.dispose]();
    using _writer = await acquireLock(path, "write", { libc });
    await assertRejects(
      () => acquireLock(path, "write", options),
      StoreBusyError,
    );
  });

  Deno.test(`${name}: acquireLock() waits until the lock is free`, async () => {
    using dir = tempDir();
    const path = dir.join("lock");
    const first = await acquireLock(path, "write", { libc });
    setTimeout(() => first[Symbol.dispose](), 50);
    using _second = await acquireLock(path, "write", { libc, timeoutMs: 5000 });
  });

  Deno.test(`${name}: a wait ends with the signal's reason`, async () => {
    using dir = tempDir();
    const path = dir.join("lock");
    using _held = await acquireLock(path, "write", { libc });
    const reason = new RangeError("enough");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    const { signal } = controller;
    const error = await assertRejects(() =>
      acquireLock(path, "write", { libc, signal })
    );
    assertEquals(error, reason);
  });

  Deno.test(`${name}: a token is 64 bytes, and each is new`, async () => {
    using dir = tempDir();
    const path = dir.join("lock");
    using lock = await acquireLock(path, "write", { libc });
    assertEquals(lock.readToken(), "");
    const first = lock.writeToken();
    assertEquals(first.length, 128); // hexadecimal
    assertEquals(lock.readToken(), first);
    assert(lock.writeToken() !== first);
    assertEquals(statSync(path).size, 64);
    const bytes = readFileSync(path);
    assertEquals(bytes.readUInt32LE(16), Deno.pid);
    const clock = Number(bytes.readBigUInt64LE(0) / 1_000_000n);
    assert(Math.abs(Date.now() - clock) < 60_000);
  });

  Deno.test(`${name}: tryLock() refuses a file that was removed`, async () => {
    using dir = tempDir();
    const path = dir.join("lock");
    {
      using held = tryLock(path, libc);
      assert(held !== undefined);
      assertEquals(tryLock(path, libc), undefined);
    }
    using _free = await acquireLock(path, "write", { libc, timeoutMs: 0 });
  });
}

Deno.test("tryLock() leaves no file open where nothing can be locked", {
  ...needsThat(libc !== undefined, "libc cannot be bound"),
}, () => {
  using dir = tempDir();
  if (libc === undefined) return;
  const path = dir.join("lock");
  const before = nextDescriptor(path);
  const broken: Libc = {
    ...libc,
    openLock: (path, use) => ({
      ...libc.openLock(path, use),
      tryLock() {
        throw new Error("no locks");
      },
    }),
  };
  assertThrows(() => tryLock(path, broken), Error, "no locks");
  assertEquals(nextDescriptor(path), before);
});

Deno.test(
  "StoreBusyError names the process that holds the lock",
  withPython,
  async () => {
    using dir = tempDir();
    const path = dir.join("lock");
    await Deno.writeTextFile(path, "");
    const how = { style: "posix", kind: "write" } as const;
    await using other = await holdLock(path, how);
    await assertRejects(
      () => acquireLock(path, "write", { libc, timeoutMs: 30 }),
      StoreBusyError,
      `Cannot lock "${path}": process ${other.pid} holds it`,
    );
  },
);

Deno.test("a long wait is told once", withPython, async () => {
  using dir = tempDir();
  const path = dir.join("lock");
  await Deno.writeTextFile(path, "");
  const how = { style: "ofd", kind: "write" } as const;
  await using _other = await holdLock(path, how);
  const told: string[] = [];
  const onWait = (message: string) => told.push(message);
  await assertRejects(
    () => acquireLock(path, "read", { libc, timeoutMs: 3300, onWait }),
    StoreBusyError,
  );
  assertEquals(told, [`Waiting for "${path}": another process holds it`]);
});

function modeOf(path: string): number {
  return statSync(path).mode & 0o777;
}

/** The kernel gives the lowest number that is free. */
function nextDescriptor(path: string): number {
  const fd = openSync(path, "a");
  closeSync(fd);
  return fd;
}
