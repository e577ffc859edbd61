import { assert, assertEquals, assertRejects } from "@std/assert";
import { exists } from "@std/fs";
import { statfsSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expandInWorker } from "../../../src/engine/media/expand_in_worker.ts";
import { Spool } from "../../../src/engine/media/spool.ts";
import {
  InvalidLayerError,
  NoSpaceError,
} from "../../../src/errors/image_errors.ts";
import { type Bytes, toBytes } from "../../../src/formats/bytes.ts";
import { needs } from "../../support/peers.ts";
import { type StoreAgent, storeAgent } from "../../support/store_agent.ts";

function streamOf(...chunks: string[]): ReadableStream<Bytes> {
  return ReadableStream.from(chunks.map(toBytes));
}

Deno.test("Spool keeps what is piped, and removes it at its end", async () => {
  using test = storeAgent();
  await using spool = new Spool(test.agent);
  const first = await spool.receive(streamOf("one", "two"));
  const second = await spool.receive(streamOf());
  assertEquals(first, `${spool.path}/spool-0`);
  assertEquals(second, `${spool.path}/spool-1`);
  assertEquals(await Deno.readTextFile(first), "onetwo");
  assertEquals(await Deno.readTextFile(second), "");
  assertEquals(((await Deno.stat(first)).mode ?? 0) & 0o777, 0o600);
  const directory = spool.path;
  await spool[Symbol.asyncDispose]();
  assert(!await exists(directory));
});

Deno.test("Spool makes nothing if nothing is kept", async () => {
  using test = storeAgent({ ifMissing: "leave" });
  await new Spool(test.agent)[Symbol.asyncDispose]();
  assert(!await exists(test.dir.join("root")));
});

Deno.test("Spool needs no store, and makes none", async () => {
  using test = storeAgent({ ifMissing: "leave" });
  const root = test.dir.join("root");
  const spool = new Spool(test.agent);
  const path = await spool.receive(streamOf("one"));
  assert(path.startsWith(`${root}/`), path);
  await spool[Symbol.asyncDispose]();
  assert(!await exists(root));
  // What somebody else has there stays.
  await Deno.mkdir(root);
  const other = new Spool(test.agent);
  await other.receive(streamOf("one"));
  await Deno.writeTextFile(`${root}/file`, "");
  await other[Symbol.asyncDispose]();
  assert(await exists(`${root}/file`));
});

Deno.test("Spool ends when it is aborted, or its input fails", async () => {
  using test = storeAgent();
  await using spool = new Spool(test.agent);
  const signal = AbortSignal.abort("enough");
  const aborted = await spool.receive(streamOf("one"), { signal })
    .catch((error) => error);
  assertEquals(aborted, "enough");
  const broken = new ReadableStream<Bytes>({
    pull(controller) {
      controller.error(new Error("broken"));
    },
  });
  await assertRejects(() => spool.receive(broken), Error, "broken");
});

/** Makes a disk of this size for a store. */
async function mountSmall(
  { dir }: StoreAgent,
  size: string,
): Promise<AsyncDisposable> {
  const root = dir.join("root");
  await Deno.mkdir(root, { recursive: true });
  const args = ["-t", "tmpfs", "-o", `size=${size}`, "none", root];
  const { code } = await new Deno.Command("mount", { args }).output();
  assertEquals(code, 0);
  return {
    async [Symbol.asyncDispose]() {
      await new Deno.Command("umount", { args: ["-l", root] }).output();
    },
  };
}

Deno.test(
  "Spool leaves a part of the disk free",
  needs("root", "mount"),
  async (t) => {
    const chunk = new Uint8Array(1024 * 1024);
    const many = (count: number) =>
      ReadableStream.from(Array.from({ length: count }, () => chunk));
    await t.step("of what is piped", async () => {
      using test = storeAgent({ ifMissing: "leave" });
      await using _disk = await mountSmall(test, "100m");
      await using spool = new Spool(test.agent);
      // It looks after each 16 MiB, and a twentieth has to stay.
      await spool.receive(many(80));
      const error = await assertRejects(
        () => spool.receive(many(18)),
        NoSpaceError,
      );
      const { bavail, bsize } = statfsSync(spool.path);
      const left = `${(bavail * bsize / 1e6).toFixed(2)} MB`;
      assertEquals(
        error.message,
        `Cannot keep "standard input" for a while: only ${left} are left on ` +
          "the disk of the store",
      );
    });
    await t.step("of nothing at all", async () => {
      using test = storeAgent({ ifMissing: "leave" });
      await using _disk = await mountSmall(test, "2m");
      await using spool = new Spool(test.agent);
      const error = await assertRejects(
        () => spool.receive(many(3)),
        NoSpaceError,
      );
      assertEquals(
        error.message,
        'Cannot keep "standard input" for a while: no space left on device',
      );
    });
    await t.step("of what is decompressed", async () => {
      using test = storeAgent({ ifMissing: "leave" });
      const path = test.dir.join("file.gz");
      const bytes = gzipSync(new Uint8Array(4 * 1024 * 1024));
      await Deno.writeFile(path, bytes);
      await using _disk = await mountSmall(test, "2m");
      await using spool = new Spool(test.agent);
      const blob = { path, size: bytes.length };
      const error = await assertRejects(
        () => spool.expand(blob, { name: "it" }),
        NoSpaceError,
      );
      assertEquals(
        error.message,
        'Cannot keep "it" for a while: no space left on device',
      );
    });
  },
);

Deno.test("Spool decompresses a part of a file", async () => {
  using test = storeAgent();
  await using spool = new Spool(test.agent);
  const path = test.dir.join("file");
  const packed = gzipSync("content ".repeat(1000));
  await Deno.writeFile(path, new Uint8Array([1, 2, 3, ...packed, 4, 5]));
  const part = { path, offset: 3, size: packed.length };
  const expanded = await spool.expand(part, { name: "it" });
  assertEquals(expanded, { path: `${spool.path}/spool-0`, size: 8000 });
  assertEquals(await Deno.readTextFile(expanded.path), "content ".repeat(1000));
  await assertRejects(
    () => spool.expand({ ...part, size: 20 }, { name: "it" }),
    InvalidLayerError,
  );
  const signal = AbortSignal.abort("enough");
  const error = await spool.expand(part, { name: "it", signal })
    .catch((error) => error);
  assertEquals(error, "enough");
});

Deno.test("expandInWorker() reports how far it is, and can be stopped", async (t) => {
  using test = storeAgent();
  const { dir } = test;
  const path = dir.join("file.gz");
  const size = 40 * 1024 * 1024;
  const packed = gzipSync(new Uint8Array(size));
  await Deno.writeFile(path, packed);
  const job = {
    ...{ path, offset: 0, size: packed.length },
    target: dir.join("target"),
  };
  await t.step("after each 16 MiB", async () => {
    const seen: number[] = [];
    const bytes = await expandInWorker(job, {
      onProgress: (bytes) => void seen.push(bytes),
    });
    assertEquals([bytes, seen.length], [size, 2]);
    const [first = 0, second = 0] = seen;
    assert(first >= 16 << 20 && second - first >= 16 << 20, seen.join());
    assertEquals((await Deno.stat(job.target)).size, size);
    await Deno.remove(job.target);
  });
  await t.step("by who is told", async () => {
    const stop = new Error("too much");
    const error = await expandInWorker(job, {
      onProgress() {
        throw stop;
      },
    }).catch((error) => error);
    assert(error === stop);
    await Deno.remove(job.target).catch(() => {});
  });
  await t.step("by a signal", async () => {
    const aborting = new AbortController();
    const error = await expandInWorker(job, {
      signal: aborting.signal,
      onProgress: () => aborting.abort("enough"),
    }).catch((error) => error);
    assertEquals(error, "enough");
  });
});
