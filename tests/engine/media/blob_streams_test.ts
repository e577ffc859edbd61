import { assert, assertEquals, assertRejects } from "@std/assert";
import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  feedBlob,
  streamBlob,
  unpackStream,
  verifyStream,
} from "../../../src/engine/media/blob_streams.ts";
import { BlobMismatchError } from "../../../src/errors/image_errors.ts";
import { type Bytes, toBytes } from "../../../src/formats/bytes.ts";
import type { BlobSource } from "../../../src/formats/oci/blob_source.ts";
import type { Descriptor } from "../../../src/formats/oci/descriptor.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_LAYER_TAR } from "../../../src/formats/oci/media_types.ts";

const TEXT = toBytes("what is in a layer ".repeat(30_000));
const BLOB: Descriptor = {
  mediaType: OCI_LAYER_TAR,
  digest: digestOf(TEXT),
  size: TEXT.length,
};
const NO_WAIT = { retry: { delayMs: 1 } } as const;

function chunked(bytes: Bytes, step: number): ReadableStream<Bytes> {
  return ReadableStream.from(function* () {
    for (let at = 0; at < bytes.length; at += step) {
      yield bytes.slice(at, at + step);
    }
  }());
}

async function read(stream: ReadableStream<Bytes>): Promise<Bytes> {
  return await new Response(stream).bytes();
}

/** Has a blob, whatever it is asked for. */
function sourceOf(bytes: Bytes, offsets: number[] = []): BlobSource {
  return {
    open(_, { offset = 0 } = {}) {
      offsets.push(offset);
      return Promise.resolve(new Blob([bytes.slice(offset)]).stream());
    },
  };
}

Deno.test("unpackStream() gives what is in a layer of any kind", async (t) => {
  const kinds: readonly (readonly [string, Bytes])[] = [
    ["plain", TEXT],
    ["gzip", new Uint8Array(gzipSync(TEXT))],
    ["zstd", new Uint8Array(zstdCompressSync(TEXT))],
    ["gzip twice", new Uint8Array([...gzipSync(TEXT), ...gzipSync("end")])],
    ["nothing", new Uint8Array(0)],
    ["a byte", new Uint8Array([7])],
  ];
  for (const [name, bytes] of kinds) {
    for (const step of [1, 7, 16 * 1024, 1_000_000]) {
      // Single bytes of much take long, and say no more than those of little.
      if (step < 10 && bytes.length > 10_000) continue;
      await t.step(`${name}, by ${step}`, async () => {
        const found = await read(unpackStream(chunked(bytes, step)));
        const expected = name.startsWith("gzip t")
          ? new Uint8Array([...TEXT, ...toBytes("end")])
          : bytes.length < 2
          ? bytes
          : TEXT;
        assertEquals(found.length, expected.length);
        assertEquals(digestOf(found), digestOf(expected));
      });
    }
  }
  await t.step("cut short", async () => {
    const cut = new Uint8Array(gzipSync(TEXT)).slice(0, -9);
    await assertRejects(() => read(unpackStream(chunked(cut, 1000))));
  });
});

Deno.test("verifyStream() passes what is as promised, to its end", async () => {
  const pass = (digest: Descriptor["digest"]) =>
    read(chunked(TEXT, 9999).pipeThrough(verifyStream(digest, "Cannot read")));
  assertEquals(await pass(BLOB.digest), TEXT);
  await assertRejects(
    () => pass(digestOf(toBytes("other"))),
    BlobMismatchError,
    `Cannot read: got digest ${BLOB.digest}`,
  );
});

Deno.test("feedBlob() passes a blob on, and checks it at its end", async () => {
  const parts: Bytes[] = [];
  const told: number[] = [];
  const options = {
    what: "Cannot copy",
    consume: (chunk: Bytes) => {
      parts.push(chunk.slice());
      return Promise.resolve();
    },
    onProgress: (received: number) => void told.push(received),
  };
  await feedBlob(sourceOf(TEXT), BLOB, options);
  assertEquals(await read(ReadableStream.from(parts)), TEXT);
  assertEquals(told.at(-1), TEXT.length);
  assertEquals(told, told.toSorted((a, b) => a - b));
  assertEquals(told[0], parts[0]?.length);
  const other = TEXT.with(0, 0);
  await assertRejects(
    () => feedBlob(sourceOf(other), BLOB, options),
    BlobMismatchError,
    `Cannot copy: got digest ${digestOf(other)}`,
  );
  const failing = {
    ...options,
    consume: () => Promise.reject(new Error("no")),
  };
  await assertRejects(
    () => feedBlob(sourceOf(TEXT), BLOB, failing),
    Error,
    "no",
  );
});

Deno.test("streamBlob() reads from an offset, and reports how far it is", async () => {
  const offsets: number[] = [];
  const told: number[] = [];
  const stream = streamBlob(sourceOf(TEXT, offsets), BLOB, {
    offset: 5,
    onProgress: (received) => void told.push(received),
  });
  assertEquals(await read(stream), TEXT.slice(5));
  assertEquals([offsets, told.at(-1)], [[5], TEXT.length]);
});

Deno.test("streamBlob() continues where a connection broke, and reports why", async () => {
  let opened = 0;
  const source: BlobSource = {
    open: (_, { offset = 0 } = {}) => {
      const rest = TEXT.slice(offset);
      if (++opened > 1) return Promise.resolve(new Blob([rest]).stream());
      let isFirst = true;
      return Promise.resolve(
        new ReadableStream({
          type: "bytes",
          pull(controller) {
            if (isFirst) controller.enqueue(rest.slice(0, 50_000));
            else controller.error(new Error("connection reset"));
            isFirst = false;
          },
        }),
      );
    },
  };
  const reasons: string[] = [];
  const stream = streamBlob(source, BLOB, {
    ...NO_WAIT,
    onRetry: (reason) => void reasons.push(reason),
  });
  assertEquals(await read(stream), TEXT);
  assertEquals([opened, reasons.length], [2, 1]);
});

Deno.test("streamBlob() ends if no one reads, or the caller gives up", async () => {
  const ended = Promise.withResolvers<void>();
  const endless: BlobSource = {
    open: () =>
      Promise.resolve(
        new ReadableStream({
          type: "bytes",
          pull: (controller) => controller.enqueue(new Uint8Array(1000)),
          cancel: () => ended.resolve(),
        }),
      ),
  };
  const size = 2 ** 40;
  const reader = streamBlob(endless, { ...BLOB, size }).getReader();
  assert(!(await reader.read()).done);
  await reader.cancel();
  await ended.promise;
  const signal = AbortSignal.abort(new Error("enough"));
  const stream = streamBlob(endless, { ...BLOB, size }, { signal });
  await assertRejects(() => read(stream), Error, "enough");
});
